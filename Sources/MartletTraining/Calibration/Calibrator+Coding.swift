import MartletCore
import MartletFormats
import MartletText

// How a calibrator is written in a model's file: JSON of the same keys as `Codable` has.
extension Calibrator: Codable {
  /// What is written, before it is known to be a calibrator.
  private struct Fields: Codable {
    var method = ""
    var outputs = ""
    var classes = 0
    var temperature: Double?
    var slopes: [Double]?
    var offsets: [Double]?
    var thresholds: [[Double]]?
    var values: [[Double]]?
  }

  private var fields: Fields {
    var fields = Fields(
      method: method.rawValue, outputs: form == .logits ? "logits" : "probabilities", classes: classCount)
    switch map {
    case .temperature(let number): fields.temperature = number
    case .vector, .platt: (fields.slopes, fields.offsets) = (slopes, offsets)
    case .isotonic(let curves):
      (fields.thresholds, fields.values) = (curves.map(\.thresholds), curves.map(\.values))
    }
    return fields
  }

  private init(_ fields: Fields) throws(CalibrationError) {
    let columns = fields.classes == 2 ? 1 : fields.classes
    guard fields.classes >= 2, let form = Self.forms[fields.outputs] else {
      throw .invalid(
        "expected a calibrator of logits or probabilities of classes, got \(fields.outputs) of \(fields.classes)")
    }
    (self.form, classCount) = (form, fields.classes)
    let method = Self.Method(rawValue: fields.method)
    switch method {
    case .temperature:
      guard let number = fields.temperature, Self.temperatures.contains(number) else {
        throw .invalid("expected a temperature within \(Self.temperatures), got \(fields.temperature ?? .nan)")
      }
      map = .temperature(number)
    case .vector, .platt:
      guard let slopes = fields.slopes, let offsets = fields.offsets, slopes.count == columns, offsets.count == columns,
        (slopes + offsets).allSatisfy(\.isFinite)
      else { throw .invalid("expected \(columns) slopes and offsets that are finite, got others") }
      let lines = zip(slopes, offsets).map { Line(slope: $0, offset: $1) }
      map = method == .vector ? .vector(lines) : .platt(lines)
    case .isotonic:
      guard let thresholds = fields.thresholds, let values = fields.values, thresholds.count == columns,
        values.count == columns
      else { throw .invalid("expected thresholds and values of \(columns) functions, got others") }
      var curves = [IsotonicRegression]()
      for index in thresholds.indices {
        let curve = try IsotonicRegression(thresholds: thresholds[index], values: values[index])
        if curve.values[0] < 0 || curve.values.last! > 1 {
          throw .invalid("expected probabilities within 0…1, got \(curve.values[0])…\(curve.values.last!)")
        }
        curves.append(curve)
      }
      map = .isotonic(curves)
    case nil: throw .invalid("unknown method \(shown(fields.method)); a later version may know it")
    }
  }

  private static let forms: [String: OutputForm] = ["logits": .logits, "probabilities": .probabilities]

  /// Reads a calibrator; throws when the numbers are none.
  public init(from decoder: any Decoder) throws { try self.init(Fields(from: decoder)) }

  /// Writes the method and its numbers.
  public func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }

  // MARK: JSON

  /// The calibrator as JSON, from which `init(json:)` makes the same.
  public var json: String { JSONValue.encoding(self).line }

  /// Reads what ``json`` wrote, also in an earlier version; throws when it is anything else.
  public init(json: String) throws(CalibrationError) {
    let fields: Fields
    do throws(FormatError) {
      fields = try JSONValue(json, source: "a calibrator").decode(Fields.self, source: "a calibrator")
    } catch {
      throw .invalid("expected a calibrator's JSON, got \(error.reason)")
    }
    try self.init(fields)
  }
}
