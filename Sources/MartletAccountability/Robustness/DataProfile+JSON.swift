import MartletFormats
import MartletText
import MartletTraining

extension DataProfile: Codable {
  private enum Key: String, CodingKey { case columns }

  /// Reads a profile; throws a `DecodingError` when its counts do not add up.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let columns = try container.decode([Column].self, forKey: .columns)
    do throws(RobustnessError) {
      try self.init(checked: columns)
    } catch {
      throw DecodingError.dataCorruptedError(forKey: .columns, in: container, debugDescription: "\(error)")
    }
  }

  /// Writes the columns.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(columns, forKey: .columns)
  }
}

extension DataProfile: ModelPart {
  /// `data_profile`.
  public static var metadataKey: String { "data_profile" }

  /// The profile as JSON, from which `init(json:)` makes the same.
  public var json: String { JSONValue.encoding(self).line }

  /// Reads what ``json`` wrote; throws when it is anything else, and when its counts do not add up.
  public init(json: String) throws(RobustnessError) {
    do throws(FormatError) {
      self = try JSONValue(json, source: "a data profile").decode(DataProfile.self, source: "a data profile")
    } catch {
      throw .invalid("expected a data profile's JSON, got \(error.reason)")
    }
  }
}
