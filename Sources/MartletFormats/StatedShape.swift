import MartletCore
import MartletText

/// The shape that a file states, checked before memory is taken for it: few enough axes, and a number of bytes that
/// does not overflow.
struct StatedShape {
  let shape: Shape
  /// The number of bytes that the elements take in the file.
  let byteCount: Int

  /// Throws the error that `refuse` makes if the shape cannot be a tensor's.
  init<Failure: Error>(
    _ lengths: [Int], elementSize: Int, refuse: (FormatError.Kind, String) -> Failure
  ) throws(Failure) {
    if lengths.count > AxisList.capacity {
      throw refuse(.unsupported, "expected at most \(AxisList.capacity) axes, got \(lengths.count)")
    }
    // The strides must not overflow either, so an axis of length 0 does not excuse the others.
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
