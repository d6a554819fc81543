import CKernels

/// The values that some variables had at one moment: within `running`, code on this thread reads them instead of the
/// variables' own, which other threads may change at the same time.
package final class VariableSnapshot: @unchecked Sendable {
  // `@unchecked Sendable`: nothing changes after `init`. The variables are kept only so that no other object gets the
  // identity of one; their contents are not touched.
  private let variables: [Variable]
  private let values: [AnyTensor?]
  /// One more than a position in `variables`, at a place that follows from the variable's identity; 0 is free.
  private let places: [Int32]

  /// Keeps the values that the variables have now, without copying them: a variable that is changed in place
  /// afterwards gets memory of its own.
  package init(_ variables: [Variable]) {
    self.variables = variables
    values = variables.map(\.stored)
    var places = [Int32](repeating: 0, count: max(8, (variables.count * 2).roundedUpToPowerOf2))
    for (position, variable) in variables.enumerated() {
      var place = Self.place(of: variable, among: places.count)
      while places[place] != 0 { place = (place + 1) & (places.count - 1) }
      places[place] = Int32(position + 1)
    }
    self.places = places
  }

  private static func place(of variable: Variable, among count: Int) -> Int {
    // Objects lie at multiples of 16.
    (Int(bitPattern: Unmanaged.passUnretained(variable).toOpaque()) >> 4) & (count - 1)
  }

  /// The variable's value; nil where it has none or is not one of these.
  func value(of variable: Variable) -> AnyTensor? { position(of: variable).flatMap { values[$0] } }

  /// The variable's position among these; nil where it is not one of them.
  func position(of variable: Variable) -> Int? {
    var place = Self.place(of: variable, among: places.count)
    while places[place] != 0 {
      let position = Int(places[place]) - 1
      if variables[position] === variable { return position }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  /// The snapshot that this thread reads; nil outside `running`.
  @inline(__always)
  static var current: VariableSnapshot? {
    mk_slot_get(MK_SLOT_SNAPSHOT).map { Unmanaged<VariableSnapshot>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs `body` with these values. Giving one of the variables a value within it traps.
  package func running<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
    let outer = mk_slot_get(MK_SLOT_SNAPSHOT)
    mk_slot_set(MK_SLOT_SNAPSHOT, Unmanaged.passUnretained(self).toOpaque())
    defer { mk_slot_set(MK_SLOT_SNAPSHOT, outer) }
    defer { withExtendedLifetime(self) {} }
    return try body()
  }
}

extension Int {
  fileprivate var roundedUpToPowerOf2: Int { self < 2 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
