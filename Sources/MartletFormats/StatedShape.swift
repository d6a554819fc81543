import MartletCore
import MartletText

/// The shape that a file states, checked before anything is made of it: few enough axes, and bytes that can be counted.
struct StatedShape {
  let shape: Shape
  /// The bytes that the elements take in the file.
  let byteCount: Int

  /// Calls `refuse` for the error where the shape cannot be a tensor's.
  init<Failure: Error>(
    _ lengths: [Int], elementSize: Int, refuse: (FormatError.Kind, String) -> Failure
  ) throws(Failure) {
    if lengths.count > AxisList.capacity {
      throw refuse(.unsupported, "expected at most \(AxisList.capacity) axes, got \(lengths.count)")
    }
    // The strides must fit as well, so an axis of length 0 does not make the others harmless.
    var size = elementSize
    for length in lengths {
      let (product, overflow) = size.multipliedReportingOverflow(by: max(1, length))
      if overflow { throw refuse(.damaged, "its shape \(lengths) has more elements than memory can hold") }
      size = product
    }
    byteCount = lengths.contains(0) ? 0 : size
    shape = Shape(lengths)
  }
}
