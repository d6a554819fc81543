import Foundation
import FoundationXML
import Testing

@testable import MartletPlots

/// The elements of an SVG picture; nil when it is not well-formed.
private final class Picture: NSObject, XMLParserDelegate {
  private(set) var elements: [(name: String, attributes: [String: String])] = []
  private(set) var text = ""

  static func read(_ svg: String) -> Picture? {
    let picture = Picture()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = picture
    return parser.parse() ? picture : nil
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    elements.append((name, attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  /// The coordinates of the paths that have an attribute of a value.
  func paths(_ attribute: String, _ value: String) -> [[Double]] {
    elements.filter { $0.attributes[attribute] == value }.map { element in
      element.attributes["d"]!.split { !"-.0123456789".contains($0) }.compactMap { Double($0) }
    }
  }
}

@Suite struct ChartTests {
  @Test func `places numbers where the axes have them`() throws {
    var chart = Chart("<A> & B", x: ChartAxis("x", range: 0...10), y: ChartAxis("y", range: 0...1))
    chart.line([0, 5, 10], [0, 0.5, 1], label: "line")
    chart.bars([0...5, 5...10], [1, 0.5], label: "bars", color: 4)
    let picture = try #require(Picture.read(chart.svg()))
    for words in ["<A> & B", "x", "y", "line", "bars", "0.6"] { #expect(picture.text.contains(words)) }
    let line = picture.paths("stroke-linejoin", "round")[0]
    #expect(line == [84, 414, 384, 224, 684, 34])
    #expect(picture.paths("fill", Drawing.colors[4]) == [[85, 414, 34, 383, 414], [385, 414, 224, 683, 414]])
  }

  @Test func `leaves gaps where a number cannot be shown`() throws {
    var chart = Chart(x: ChartAxis("x", scale: .logarithmic), y: "y")
    chart.line([1, 10, 100, 1000, 10000], [0, 1, .nan, 1, 0])
    let line = try #require(Picture.read(chart.svg())).elements.first { $0.attributes["stroke-linejoin"] == "round" }
    let path = try #require(line?.attributes["d"])
    #expect(path.count { $0 == "M" } == 2 && path.count { $0 == "L" } == 2)
    #expect(path.hasPrefix("M84 ") && path.hasSuffix("L684 390"))
  }

  @Test(
    arguments: [[], [.nan], [0, 0], [1e308, -1e308], [-.infinity, 1], [.leastNonzeroMagnitude, 1]] as [[Double]])
  func `draws anything`(numbers: [Double]) throws {
    var chart = Chart(x: ChartAxis("x", scale: .automatic), y: ChartAxis("y", scale: .logarithmic))
    chart.points(numbers, numbers)
    chart.line(numbers, numbers, label: "line")
    chart.band(numbers, from: numbers, to: numbers)
    chart.bars(numbers.map { -abs($0.isNaN ? 0 : $0)...1e308 }, numbers)
    chart.upright(at: numbers.first ?? 0)
    let svg = chart.svg()
    #expect(Picture.read(svg) != nil)
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }

  @Test func `keeps a long legend beside the plot`() throws {
    var chart = Chart(x: "x", y: "y")
    for index in 0..<12 { chart.line([0, 1], [0, Double(index)], label: "line \(index)") }
    let picture = try #require(Picture.read(chart.svg()))
    #expect(Double(picture.elements[0].attributes["width"]!)! > 708)
    // The eleventh has the first colour again.
    #expect(picture.paths("stroke", Drawing.colors[0]).count == 4)
  }

  @Test func `heat maps draw runs of one colour together`() throws {
    let map = HeatMap("T", [("a", [[0, 0, 1], [1, 1, 1]]), ("b", [[0.5, .nan]])], of: "q", axes: ("down", "right"))
    let picture = try #require(Picture.read(map.svg()))
    #expect(picture.paths("fill", HeatMap.color(1)) == [[2, 0, 1, 1, 2, 0, 1, 3, 1, 0]])
    for words in ["T", "a", "b", "q", "down", "right"] { #expect(picture.text.contains(words)) }
  }

  @Test func `axes end at round numbers`() {
    func labels(_ axis: Axis) -> [String] { axis.ticks.map(\.label) }
    #expect(labels(.linear([0.13, 0.87], ticks: 4, endsAtTicks: true)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels(.linear([0.13, 0.87], ticks: 4, endsAtTicks: false)) == ["0.2", "0.4", "0.6", "0.8"])
    #expect(labels(.logarithmic([0.002, 30], endsAtTicks: false)) == ["0.01", "0.1", "1", "10"])
    #expect(labels(.counting(to: 40)) == ["1", "5", "10", "15", "20", "25", "30", "35", "40"])
    #expect(Axis.logarithmic([1e-5, 1e5], endsAtTicks: true).position(1) == 0.5)
    #expect(Axis.linear([0, 1], ticks: 4, endsAtTicks: true).position(1.1) == nil)
  }
}
