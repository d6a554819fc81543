import CKernels
import TestSupport
import Testing

@testable import MartletCore

/// What a kernel does with a type or an element size that it has no code for: it stops the program, saying which.
///
/// Swift's shape rules let no such call through; a type that is added to `ScalarType` alone would be the first.
@Suite struct KernelFamilyTests {
  /// A kernel's family, and a call from outside of it.
  enum Call: String, CaseIterable, Codable {
    case floating, floatingResult, integer, numeric, numericOrBool, halfSource, halfTarget, stored, size, strided

    var message: String {
      switch self {
      case .floating: "mk_softmax: unsupported scalar type 9 (unknown)"
      case .floatingResult: "mk_squared_error: unsupported scalar type 2 (int32)"
      case .integer: "mk_random_integers: unsupported scalar type 0 (float32)"
      case .numeric: "mk_accumulate: unsupported scalar type 5 (bool)"
      case .numericOrBool: "binary_run: unsupported scalar type 6 (float16)"
      case .halfSource: "mk_convert: unsupported scalar type 8 (unknown)"
      case .halfTarget: "mk_convert: unsupported scalar type 8 (unknown)"
      case .stored: "mk_argsort_rows: unsupported scalar type 7 (bfloat16)"
      case .size: "mk_copy: unsupported element size 3"
      case .strided: "mk_compare: unsupported scalar type 255 (unknown)"
      }
    }

    func make() {
      var x = [Double](repeating: 1, count: 64)
      var y = x
      var order = [Int64](repeating: 0, count: 64)
      var scratch = order
      let unknown = mk_type(rawValue: 8)
      switch self {
      case .floating: mk_softmax(mk_type(rawValue: 9), &x, &y, 2, 4)
      case .floatingResult: _ = mk_squared_error(MK_INT32, &x, &y, 4)
      case .integer: mk_random_integers(MK_FLOAT32, 1, 2, 3, 0, 10, &y, 0, 4)
      case .numeric: mk_accumulate(MK_BOOL, &x, &y, 4)
      case .numericOrBool: _ = mk_binary(MK_ADD, MK_FLOAT16, &x, 1, &x, 1, &y, 4)
      case .halfSource: mk_convert(unknown, &x, 1, MK_FLOAT32, &y, 4)
      case .halfTarget: mk_convert(MK_FLOAT32, &x, 1, unknown, &y, 4)
      case .stored: mk_argsort_rows(false, MK_BFLOAT16, &x, &order, &scratch, 1, 4)
      case .size: mk_copy(3, &x, 2, &y, 4)
      case .strided: mk_compare(MK_LESS, mk_type(rawValue: 255), &x, 3, &x, 1, &scratch, 4)
      }
    }
  }

  @Test(arguments: Call.allCases)
  func `a kernel stops at a type that it does not know`(call: Call) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [call] in
      call.make()
    }
    #expect(errorText(result).contains("Martlet: \(call.message)"))
  }
}
