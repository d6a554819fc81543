/// Numbers the bodies that pass the door, in the order of their first appearance.
///
/// Bodies are held weakly: a strong reference would make them shared, so that they are copied before they are changed,
/// and an observer must not alter what is done. A new body at the address of one that was freed gets a new number.
package struct BodyNumbers {
  private struct Entry {
    weak var body: TensorBody?
    let number: Int
  }

  private var entries: [ObjectIdentifier: Entry] = [:]
  /// The number of bodies seen so far.
  package private(set) var count = 0

  package init() {}

  /// The number of a body; a new one gets the next, which is `count` before the call.
  package subscript(body: TensorBody) -> Int {
    mutating get {
      if let entry = entries[ObjectIdentifier(body)], entry.body === body { return entry.number }
      entries[ObjectIdentifier(body)] = Entry(body: body, number: count)
      defer { count += 1 }
      return count
    }
  }
}
