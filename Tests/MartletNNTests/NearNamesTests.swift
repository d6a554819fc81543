import MartletText
import Testing

@Suite struct NearNamesTests {
  @Test func `names that are written nearly the same are found, the nearest first`() {
    let names = ["species", "speciez", "specials", "sepal length", "Species ", "x"]
    #expect(nearest(to: "species", among: names) == ["species", "speciez", "Species "])
    #expect(nearest(to: "SPECIES", among: names).first == "species")
    #expect(nearest(to: "sepal_length", among: names) == ["sepal length"])
    #expect(nearest(to: "petal", among: names) == [])
    // Two letters are near to any others, and only the case may differ.
    #expect(nearest(to: "y", among: names) == [] && nearest(to: "X", among: names) == ["x"])
    #expect(nearest(to: "", among: names + [""]) == [""])
    #expect(nearest(to: "weight", among: ["wieght", "weigh", "weights", "weiht"]) == ["weigh", "weights", "weiht"])
  }

  @Test func `a hint is one of the look, or else of the letters`() {
    #expect(spellingHint("wieght", among: ["weight", "bias"]) == " (did you mean \"weight\"?)")
    #expect(spellingHint("cat", among: ["bat", "hat", "dog"]) == " (did you mean \"bat\" or \"hat\"?)")
    #expect(spellingHint("cat", among: ["dog"]) == "" && spellingHint("cat", among: []) == "")
    let accent = spellingHint("\u{E9}", among: ["e", "e\u{301}"])
    #expect(accent == #": "\u{00E9}" was asked for, and "e\u{0301}" differs only in Unicode normalisation"#)
  }

  @Test func `a pattern ranks names by what would have to change`() {
    let paths = ["bias", "decoder.0.bias", "encoder.0.bias", "encoder.10.weight"]
    #expect(ranked(paths, byPattern: "encodr.*") == ["encoder.0.bias", "encoder.10.weight", "decoder.0.bias", "bias"])
    #expect(ranked(paths, byPattern: "*.wieght").first == "encoder.10.weight")
    #expect(ranked(paths, byPattern: "encoder.?.baas").first == "encoder.0.bias")
    #expect(ranked(paths, byPattern: "*") == paths)
  }
}
