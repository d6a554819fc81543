import MartletText

extension Safetensors {
  /// The texts that a file has beside its tensors, each under a key, in the order of the keys' UTF-8 bytes.
  ///
  /// Keys are the same only if they are written with the same Unicode scalars, as in the file; in this it differs from
  /// a dictionary.
  public struct Metadata: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private var texts: [ExactName: String] = [:]

    /// No texts.
    public init() {}

    /// The texts of a dictionary.
    public init(_ texts: [String: String]) {
      for (key, text) in texts { self[key] = text }
    }

    /// Texts from a literal such as `["epoch": "3"]`; if a key occurs twice, the last text counts.
    public init(dictionaryLiteral elements: (String, String)...) {
      for (key, text) in elements { self[key] = text }
    }

    /// The text under a key; nil where there is none.
    public subscript(key: String) -> String? {
      get { texts[ExactName(key)] }
      set { texts[ExactName(key)] = newValue }
    }
  }
}

extension Safetensors.Metadata: Sequence {
  /// The keys and their texts.
  public func makeIterator() -> IndexingIterator<[(key: String, value: String)]> {
    texts.sorted { $0.key < $1.key }.map { (key: $0.key.text, value: $0.value) }.makeIterator()
  }

  /// The number of texts.
  public var count: Int { texts.count }

  /// Whether there are none.
  public var isEmpty: Bool { texts.isEmpty }
}
