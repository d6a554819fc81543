import MartletText
import Testing

@Suite struct PathPatternTests {
  private static let paths = [
    "encoder.layers.0.weight", "encoder.layers.0.bias", "encoder.layers.10.weight", "decoder.weight", "bias",
  ]

  @Test func `a star is any characters, also dots, and a question mark is one`() {
    func fitting(_ pattern: String) -> [Int] {
      Self.paths.indices.filter { PathPattern(pattern).fitsParameter(Self.paths[$0]) }
    }
    #expect(fitting("*") == [0, 1, 2, 3, 4])
    #expect(fitting("*.weight") == [0, 2, 3])
    #expect(fitting("*bias") == [1, 4])
    #expect(fitting("encoder.*.weight") == [0, 2])
    #expect(fitting("*coder.*e*ght") == [0, 2, 3])
    #expect(fitting("encoder.layers.?.weight") == [0])
    #expect(fitting("encoder.layers.0.weigh") == [] && fitting("ncoder.*") == [] && fitting("") == [])
  }

  @Test func `a module's path fits the parameters in it`() {
    func fitting(_ pattern: String) -> [Int] {
      Self.paths.indices.filter { PathPattern(pattern).fitsParameter(Self.paths[$0]) }
    }
    #expect(fitting("encoder") == [0, 1, 2])
    #expect(fitting("encoder.layers.1") == [] && fitting("encoder.layers.1?") == [2])
    #expect(fitting("*layers.0") == [0, 1])
  }

  @Test func `a pattern that fits nothing is told with the nearest paths`() {
    #expect(
      PathPattern("decoder.wieght").unmatched(among: Self.paths)
        == "expected a pattern that fits a parameter's path, got \"decoder.wieght\"; there are decoder.weight, "
        + "encoder.layers.0.weight, bias, encoder.layers.0.bias, encoder.layers.10.weight")
    #expect(PathPattern("x").unmatched(among: Self.paths + ["b"]).hasSuffix("and others"))
  }
}
