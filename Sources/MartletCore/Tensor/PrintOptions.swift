/// How tensors are printed: NumPy's options of that name.
///
/// ```swift
/// print(x.formatted(PrintOptions(decimals: 8, suppressesScientific: true)))
/// withPrintOptions(PrintOptions(lineWidth: 120)) { print(x, y) }
/// ```
public struct PrintOptions: Sendable, Equatable {
  /// What stands before a number that is not negative.
  public enum Sign: Sendable {
    /// Nothing.
    case negative
    /// A plus sign.
    case always
    /// At least one space, where a minus sign would be.
    case space
  }

  /// The most decimals of floating-point numbers, 1 to 20; fewer where none of the numbers needs so many.
  ///
  /// Decimals that do not help to tell a number from its neighbours are not printed.
  public var decimals: Int
  /// The characters after which a line is broken, at least 1.
  public var lineWidth: Int
  /// The number of elements above which only the ends of long axes are printed, at least 0.
  public var threshold: Int
  /// The number of elements at each end of an axis that is not printed whole, at least 1.
  public var edgeItems: Int
  /// Whether small numbers, and ones of very different size, are printed without powers of ten; ones of at least 1e8
  /// never are.
  public var suppressesScientific: Bool
  /// What stands before a number that is not negative.
  public var sign: Sign

  /// Creates options; those that are not given are the ones of `print`.
  public init(
    decimals: Int = 4, lineWidth: Int = 80, threshold: Int = 1_000, edgeItems: Int = 3,
    suppressesScientific: Bool = false, sign: Sign = .negative
  ) {
    self.decimals = decimals
    self.lineWidth = lineWidth
    self.threshold = threshold
    self.edgeItems = edgeItems
    self.suppressesScientific = suppressesScientific
    self.sign = sign
  }

  /// The options in scope: those of the innermost `withPrintOptions` of this task.
  @TaskLocal static var current = PrintOptions()

  /// Traps in the name of `operation` when a number is out of range.
  func check(for operation: String) {
    if !(1...20 ~= decimals) { trap(operation, "expected decimals within 1 ... 20, got \(decimals)") }
    for (name, value, least) in [("lineWidth", lineWidth, 1), ("threshold", threshold, 0), ("edgeItems", edgeItems, 1)]
    where value < least {
      trap(operation, "expected \(name) of at least \(least), got \(value)")
    }
  }
}

/// Returns what `body` does; tensors that are printed meanwhile, in this task and those that it starts, are printed with
/// the options.
///
/// Traps when a number in the options is out of range.
public func withPrintOptions<R, Failure>(
  _ options: PrintOptions, _ body: () throws(Failure) -> R
) throws(Failure) -> R {
  options.check(for: "withPrintOptions")
  let result = PrintOptions.$current.withValue(options) { Result { () throws(Failure) in try body() } }
  return try result.get()
}
