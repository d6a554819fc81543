import CKernels

/// An elementwise operation that a chain can hold.
struct ChainLink {
  enum Kernel {
    case unary(mk_unary_op, mk_type)
    case binary(mk_binary_op, mk_type)
    case compare(mk_compare_op, mk_type)
    case test(mk_test_op, mk_type)
    case convert(from: mk_type, to: mk_type)
    case select
  }

  let kernel: Kernel
  let isCheap: Bool
  /// The bytes of an element of the first operand, and of the result.
  let operandSize: Int
  let resultSize: Int

  /// The link of an entry; nil for one that is computed by itself.
  init?(_ entry: Program.Entry, in program: Program) {
    guard case .operation(let primitive) = entry.action, entry.writes.count == 1, let first = entry.reads.first else {
      return nil
    }
    let (operand, result) = (program.values[first].scalarType, program.values[entry.writes[0]].scalarType)
    switch primitive {
    case let unary as Unary:
      let traits = unary.operation.traits
      (kernel, isCheap) = (.unary(mk_unary_op(rawValue: traits.kernel), result.kernelType), traits.isCheap)
    case let binary as Binary:
      // An integer that cannot be divided by stops the program, which the eager operation words.
      if binary.operation.canFail && !result.isFloatingPoint { return nil }
      let traits = binary.operation.traits
      (kernel, isCheap) = (.binary(mk_binary_op(rawValue: traits.kernel), result.kernelType), traits.isCheap)
    case let compare as Compare:
      (kernel, isCheap) = (.compare(mk_compare_op(rawValue: compare.comparison.rawValue), operand.kernelType), true)
    case let test as Test:
      (kernel, isCheap) = (.test(mk_test_op(rawValue: test.test.rawValue), operand.kernelType), true)
    case is Convert: (kernel, isCheap) = (.convert(from: operand.kernelType, to: result.kernelType), true)
    case is Select: (kernel, isCheap) = (.select, true)
    default: return nil
    }
    (operandSize, resultSize) = (operand.size, result.size)
  }

  /// The type of the numbers that it computes with, where they are floating point.
  var arithmeticType: mk_type? {
    switch kernel {
    case .unary(_, let type), .binary(_, let type): type == MK_FLOAT32 || type == MK_FLOAT64 ? type : nil
    case .compare, .test, .convert, .select: nil
    }
  }
}
