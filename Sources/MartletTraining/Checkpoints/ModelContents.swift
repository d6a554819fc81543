import MartletData
import MartletFormats
import MartletNN
import MartletText

/// What a model's file holds beside its parameters and buffers: all that is needed to predict from raw values.
///
/// ```swift
/// try model.save(to: "titanic.safetensors", ModelContents(preprocessor: preprocessor, classes: labels.classes))
/// // In another program:
/// let contents = try model.load(from: "titanic.safetensors")
/// let predictor = try TablePredictor(model, contents)
/// ```
/// It is text in the file's metadata; nothing in a file is ever run. A file without it, such as PyTorch's, has none of
/// it, and what a later version has added is not looked at.
public struct ModelContents: Sendable, Equatable {
  /// What makes the model's features of a table.
  public var preprocessor: Preprocessor?
  /// The names of the classes, class 0's first; empty where there are none.
  public var classes: [String]
  /// What makes the model's outputs probabilities that come true as often as they say.
  public var calibrator: Calibrator?
  /// The model card as JSON, which MartletAccountability writes and reads; nil where there is none.
  public var card: String?
  /// Texts of your own, by key. Keys do not begin with `martlet.`, and `format` is taken.
  public var metadata: [String: String]
  /// The version of Martlet that wrote the file; nil where it was not Martlet, and before it is written.
  public internal(set) var version: String?

  /// Makes the contents to be saved with a model.
  public init(
    preprocessor: Preprocessor? = nil, classes: [String] = [], calibrator: Calibrator? = nil, card: String? = nil,
    metadata: [String: String] = [:]
  ) {
    self.preprocessor = preprocessor
    self.classes = classes
    self.calibrator = calibrator
    self.card = card
    self.metadata = metadata
  }

  /// Reads what a model's file holds beside its parameters, of which none is read: to find out what a model needs before
  /// it is made. Throws when the file cannot be read or one of its texts is damaged.
  public init(from path: String) throws(FormatError) {
    try self.init(Safetensors.Archive(path: path).metadata, of: path)
  }

  private static let prefix = "martlet."
  private static let format = (key: "format", value: "pt")

  /// The texts of a file; throws when a key of the caller's is one that Martlet uses.
  func texts(for path: String) throws(FormatError) -> Safetensors.Metadata {
    var texts = Safetensors.Metadata(metadata)
    for (key, _) in texts where key.hasPrefix(Self.prefix) || key == Self.format.key {
      throw FormatError(
        .invalid, source: path, reason: "expected metadata with other keys than \(shown(key)), which Martlet uses")
    }
    texts[Self.format.key] = Self.format.value
    texts[Self.prefix + "version"] = martletVersion
    texts[Self.prefix + "preprocessor"] = preprocessor?.json
    texts[Self.prefix + "calibrator"] = calibrator?.json
    texts[Self.prefix + "card"] = card
    if !classes.isEmpty {
      texts[Self.prefix + "classes"] = "[\(classes.map(jsonString).joined(separator: ","))]"
    }
    return texts
  }

  /// Reads the texts of a file; throws when one of Martlet's own is damaged.
  init(_ texts: Safetensors.Metadata, of path: String) throws(FormatError) {
    self.init()
    for (key, text) in texts {
      switch key {
      case Self.prefix + "version": version = text
      case Self.prefix + "card": card = text
      case Self.prefix + "preprocessor":
        do throws(TableError) {
          preprocessor = try Preprocessor(json: text)
        } catch {
          throw FormatError(.damaged, source: path, reason: "its preprocessor: \(error)")
        }
      case Self.prefix + "calibrator":
        do throws(CalibrationError) {
          calibrator = try Calibrator(json: text)
        } catch {
          throw FormatError(.damaged, source: path, reason: "its calibrator: \(error)")
        }
      case Self.prefix + "classes":
        do throws(JSONScanner.Failure) {
          var scanner = JSONScanner(Array(text.utf8))
          try scanner.array { (scanner) throws(JSONScanner.Failure) in classes.append(try scanner.string()) }
          try scanner.end()
        } catch {
          throw FormatError(
            .damaged, source: path, reason: "its classes: expected a list of names, got \(error.message)")
        }
      default: if !key.hasPrefix(Self.prefix) && key != Self.format.key { metadata[key] = text }
      }
    }
  }
}
