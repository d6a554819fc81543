import TestSupport
import Testing

@testable import MartletCore

/// Tensors as text.
@Suite struct PrintingTests {
  @Test func `small tensors`() {
    #expect("\(Tensor<Float>([1, 2, 3]))" == "[1.0, 2.0, 3.0]")
    #expect("\(Tensor<Float>(2.5))" == "2.5")
    #expect("\(Tensor<Int32>(7))" == "7")
    let matrix: Tensor<Float> = [[1, 2.5], [-3, 4]]
    #expect(
      "\(matrix)" == """
        [[ 1.0,  2.5],
         [-3.0,  4.0]]
        """)
    let integers: Tensor<Int64> = [[1, 20], [-300, 4]]
    #expect(
      "\(integers)" == """
        [[   1,   20],
         [-300,    4]]
        """)
    let truths: Tensor<Bool> = [[true, false], [false, false]]
    #expect(
      "\(truths)" == """
        [[ true, false],
         [false, false]]
        """)
    #expect("\(Tensor<UInt8>([0, 255]))" == "[  0, 255]")
  }

  @Test func `a gap between matrices`() {
    let cube = Tensor<Int32>.arange(8).reshaped(to: [2, 2, 2])
    #expect(
      "\(cube)" == """
        [[[0, 1],
          [2, 3]],

         [[4, 5],
          [6, 7]]]
        """)
  }

  @Test func `as many decimals as the values need, four at most`() {
    #expect("\(Tensor<Float>([0.5, 0.25]))" == "[0.50, 0.25]")
    #expect("\(Tensor<Double>([1, 0.125]))" == "[1.000, 0.125]")
    #expect("\(Tensor<Double>([1.0 / 3, 2]))" == "[0.3333, 2.0000]")
    #expect("\(Tensor<Float>([0.1, 0.2]))" == "[0.1, 0.2]")
    #expect("\(Tensor<Float>([100, -0.5]))" == "[100.0,  -0.5]")
  }

  @Test func `scientific where magnitudes are far apart`() {
    #expect("\(Tensor<Double>([1e10, 1]))" == "[1.0e+10, 1.0e+00]")
    #expect("\(Tensor<Double>([1e-5, 2e-5]))" == "[1.0e-05, 2.0e-05]")
    #expect("\(Tensor<Double>([1.5e-6, -1]))" == "[ 1.5e-06, -1.0e+00]")
    #expect("\(Tensor<Double>([0, 0]))" == "[0.0, 0.0]")
  }

  @Test func `what is not a number`() {
    #expect("\(Tensor<Float>([.nan, 1, .infinity, -.infinity]))" == "[ nan,  1.0,  inf, -inf]")
    #expect("\(Tensor<Float>(.nan))" == "nan")
  }

  @Test func `integers are exact`() {
    #expect("\(Tensor<Int64>([.max, .min]))" == "[ 9223372036854775807, -9223372036854775808]")
    #expect("\(Tensor<Int64>([9_007_199_254_740_993]))" == "[9007199254740993]")
    #expect("\(Tensor<Int32>([.max, .min]))" == "[ 2147483647, -2147483648]")
  }

  @Test func `empty tensors`() {
    #expect("\(Tensor<Float>.zeros([0]))" == "[]")
    #expect("\(Tensor<Float>.zeros([0, 3]))" == "[] (shape [0, 3])")
  }

  @Test func `long tensors are cut short`() {
    #expect("\(Tensor<Int32>.arange(1001))" == "[   0,    1,    2, ...,  998,  999, 1000]")
    let matrix = Tensor<Int32>.arange(2000).reshaped(to: [100, 20])
    #expect(
      "\(matrix)" == """
        [[   0,    1,    2, ...,   17,   18,   19],
         [  20,   21,   22, ...,   37,   38,   39],
         [  40,   41,   42, ...,   57,   58,   59],
         ...,
         [1940, 1941, 1942, ..., 1957, 1958, 1959],
         [1960, 1961, 1962, ..., 1977, 1978, 1979],
         [1980, 1981, 1982, ..., 1997, 1998, 1999]]
        """)
    // Only long axes.
    let tall = Tensor<Int32>.arange(3000).reshaped(to: [1000, 3])
    #expect("\(tall)".hasPrefix("[[   0,    1,    2],\n [   3,    4,    5],\n [   6,    7,    8],\n ...,\n"))
  }

  @Test func `wide rows are broken`() {
    let text = "\(Tensor<Int32>.arange(50))"
    let lines = text.split(separator: "\n")
    #expect(lines.count > 1)
    #expect(lines.allSatisfy { $0.count <= 81 })
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix(" ") })
    #expect(text.filter { $0 == "," }.count == 49)
  }

  @Test func `views print what they show`() {
    let matrix: Tensor<Int32> = [[1, 2, 3], [4, 5, 6]]
    #expect("\(matrix.transposed())" == "[[1, 4],\n [2, 5],\n [3, 6]]")
    #expect("\(matrix[1].reversed(axis: 0))" == "[6, 5, 4]")
    #expect("\(matrix[0].broadcast(to: [2, 3]))" == "[[1, 2, 3],\n [1, 2, 3]]")
  }

  @Test func `the debug description has type and shape, in one line`() {
    #expect(Tensor<Float>([1, 2]).debugDescription == "Tensor<Float>[2] [1.0, 2.0]")
    #expect(AnyTensor(Tensor<Bool>([true])).debugDescription == "Tensor<Bool>[1] [true]")
    #expect(Tensor<Int32>([[1, 20], [3, 4]]).debugDescription == "Tensor<Int32>[2, 2] [[1, 20], [3, 4]]")
    #expect(String(reflecting: Tensor<Double>(0.5)) == "Tensor<Double>[] 0.5")
    #expect(
      Tensor<Int64>.arange(1000).reshaped(to: [10, 10, 10]).debugDescription
        == "Tensor<Int64>[10, 10, 10] [[[0, 1, ..., 8, 9], [10, 11, ..., 18, 19], ..., [80, 81, ..., 88, 89], "
        + "[90, 91, ..., 98, 99]], [[100, 101, ..., 108, 109], [110, 111, ..., 118, 119], ..., "
        + "[180, 181, ..., 188, 189], [190, 191, ..., 198, 199]], ..., [[800, 801, ..., 808, 809], "
        + "[810, 811, ..., 818, 819], ..., [880, 881, ..., 888, 889], [890, 891, ..., 898, 899]], "
        + "[[900, 901, ..., 908, 909], [910, 911, ..., 918, 919], ..., [980, 981, ..., 988, 989], "
        + "[990, 991, ..., 998, 999]]]")
    #expect("\(Shape([2, 3]))" == "[2, 3]")
    #expect("\(Shape([]))" == "[]")
  }

  @Test func `storage types print their values`() {
    let halves = AnyTensor(Tensor<Float>([1.5, -2])).converted(to: .float16)
    #expect("\(halves)" == "[ 1.5, -2.0]")
    #expect("\(AnyTensor(Tensor<Float>([1.5, -2])).converted(to: .bfloat16))" == "[ 1.5, -2.0]")
  }

  @Test func `as many decimals as are asked for`() {
    let x: Tensor<Float> = [0.99998799, 0.5]
    #expect("\(x)" == "[1.0, 0.5]" && x.formatted() == "\(x)")
    #expect(x.formatted(decimals: 6) == "[0.999988, 0.500000]")
    // No more than tell a number from its neighbours.
    #expect(Tensor<Float>(0.1).formatted(decimals: 20) == "0.1")
    #expect(Tensor<Double>(1.0 / 3).formatted(decimals: 20) == "0.3333333333333333")
    #expect(Tensor<Double>([1e-9, 1]).formatted(decimals: 8) == "[1.0e-09, 1.0e+00]")
    #expect(Tensor<Int32>([1, 20]).formatted(decimals: 8) == "[ 1, 20]")
  }

  @Test func `as many elements as are asked for`() {
    let x = Tensor<Int32>.arange(12)
    #expect(x.formatted(threshold: 11) == "[ 0,  1,  2, ...,  9, 10, 11]")
    #expect(x.formatted(threshold: 12) == "[ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11]")
  }

  @Test func `options are those in scope, or those that are given`() async {
    let x = Tensor<Float>([1.0 / 3, 2])
    let wide = PrintOptions(decimals: 6, sign: .always)
    #expect(x.formatted(wide) == "[+0.333333, +2.000000]")
    #expect(AnyTensor(x).formatted(wide) == x.formatted(wide))
    let printed = await withPrintOptions(wide) {
      #expect("\(x)" == "[+0.333333, +2.000000]" && String(describing: x.erased) == "\(x)")
      withPrintOptions(PrintOptions(decimals: 1)) { #expect("\(x)" == "[0.3, 2.0]") }
      // Tasks that begin here have them too, and debuggers do not.
      #expect(x.debugDescription == "Tensor<Float>[2] [0.3333, 2.0000]")
      return Task { "\(x)" }
    }.value
    #expect(printed == "[+0.333333, +2.000000]")
    #expect("\(x)" == "[0.3333, 2.0000]")
    struct Failure: Error {}
    #expect(throws: Failure.self) { try withPrintOptions(wide) { () throws(Failure) in throw Failure() } }
    #expect("\(x)" == "[0.3333, 2.0000]")
  }

  @Test func `the largest numbers are printed whole`() {
    let largest = Tensor<Double>([.greatestFiniteMagnitude, -1])
    #expect("\(largest)" == "[ 1.7977e+308, -1.0000e+000]")
    let options = PrintOptions(decimals: 20, suppressesScientific: true)
    #expect(Tensor<Double>([.leastNonzeroMagnitude, 99_999_999]).formatted(options).contains("99999999.0"))
  }

  enum Mistake: CaseIterable, Codable {
    case decimals, edgeItems, lineWidth, threshold

    func make() {
      let x = Tensor<Float>(1)
      switch self {
      case .decimals: _ = x.formatted(decimals: 21)
      case .edgeItems: _ = x.formatted(PrintOptions(edgeItems: 0))
      case .lineWidth: withPrintOptions(PrintOptions(lineWidth: 0)) {}
      case .threshold: _ = x.erased.formatted(PrintOptions(threshold: -1))
      }
    }

    var message: String {
      switch self {
      case .decimals: "formatted: expected decimals within 1 ... 20, got 21"
      case .edgeItems: "formatted: expected edgeItems of at least 1, got 0"
      case .lineWidth: "withPrintOptions: expected lineWidth of at least 1, got 0"
      case .threshold: "formatted: expected threshold of at least 0, got -1"
      }
    }
  }

  @Test(arguments: Mistake.allCases) func `options that cannot be stop the program`(mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      mistake.make()
    }
    #expect(errorText(result).contains(mistake.message), "\(errorText(result))")
  }
}
