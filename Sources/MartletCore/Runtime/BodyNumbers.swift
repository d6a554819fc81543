/// Numbers for the tensors that pass the door, in the order of their first appearance.
///
/// Tensors are not kept: one that is shared is copied before it is changed, and what looks must not change what is done. An
/// identity that is used again after its tensor has died gets a new number.
package struct BodyNumbers {
  private struct Entry {
    weak var body: TensorBody?
    let number: Int
  }

  private var entries: [ObjectIdentifier: Entry] = [:]
  /// How many numbers there are.
  package private(set) var count = 0

  package init() {}

  /// The number of a tensor: `count` before the call for one that is new.
  package subscript(body: TensorBody) -> Int {
    mutating get {
      if let entry = entries[ObjectIdentifier(body)], entry.body === body { return entry.number }
      entries[ObjectIdentifier(body)] = Entry(body: body, number: count)
      defer { count += 1 }
      return count
    }
  }
}
