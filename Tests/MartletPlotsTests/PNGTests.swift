import CZlib
import Foundation
import Testing

@testable import MartletPlots

/// A PNG file of eight bits for each channel, read by zlib alone.
private struct Pixels {
  let width: Int
  let height: Int
  private let channels: Int
  private let bytes: [UInt8]

  /// Nil where a chunk's checksum is wrong, chunks are missing, or the pixels are more or fewer than they should be.
  init?(_ file: [UInt8]) {
    guard file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else { return nil }
    var chunks: [String: [UInt8]] = [:]
    var place = 8
    func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
    while place + 12 <= file.count {
      let length = number(file[place..<place + 4])
      guard place + 12 + length <= file.count else { return nil }
      let body = Array(file[place + 4..<place + 8 + length])
      guard crc32(0, body, UInt32(body.count)) == number(file[place + 8 + length..<place + 12 + length]) else {
        return nil
      }
      chunks[String(decoding: body[..<4], as: UTF8.self)] = Array(body[4...])
      place += 12 + length
    }
    guard place == file.count, let header = chunks["IHDR"], header.count == 13, let data = chunks["IDAT"],
      chunks["IEND"] == [], header[8] == 8, let channels = [0: 1, 2: 3, 6: 4][Int(header[9])]
    else { return nil }
    (width, height) = (number(header[0..<4]), number(header[4..<8]))
    let row = width * channels + 1
    var count = uLong(row * height + 1)
    var rows = [UInt8](repeating: 0, count: Int(count))
    guard uncompress(&rows, &count, data, uLong(data.count)) == Z_OK, Int(count) == row * height else { return nil }
    // No row is filtered.
    guard stride(from: 0, to: Int(count), by: row).allSatisfy({ rows[$0] == 0 }) else { return nil }
    self.channels = channels
    bytes = rows[..<Int(count)].indices.filter { $0 % row != 0 }.map { rows[$0] }
  }

  subscript(x: Int, y: Int) -> [UInt8] {
    let start = (y * width + x) * channels
    return Array(bytes[start..<start + channels])
  }
}

@Suite struct PNGTests {
  @Test func `charts have the size and the colours of the SVG`() throws {
    var chart = Chart("T", x: ChartAxis("x", range: 0...10), y: ChartAxis("y", range: 0...1))
    chart.bars([0...5], [1], color: 4)
    chart.line([5, 10], [0.5, 0.5], color: 2)
    // In the SVG 708 × 490, with the plot from (84, 54) to (684, 434) where the title takes 44.
    let pixels = try #require(Pixels(chart.png(scale: 1)))
    #expect(pixels.width == 708 && pixels.height == 490)
    // Half of the bar's colour over nothing, within its ends and not beyond them.
    let (bar, beside) = (pixels[200, 300], pixels[386, 300])
    #expect(bar[..<3] == [0xA8, 0x55, 0xF7] && bar[3] == 179 && beside[3] == 0)
    let middle = 54 + 190
    for y in [middle - 1, middle] { #expect(pixels[500, y] == [0x22, 0xC5, 0x5E, 255]) }
    #expect(pixels[500, middle - 2][3] == 0 && pixels[500, middle + 1][3] == 0)
    #expect(pixels[0, 0] == [0, 0, 0, 0])
    #expect(try #require(Pixels(chart.png(scale: 0.5))).width == 354)
    #expect(PNG.header(of: Figure("I", []).png()).map { [$0.width, $0.height, $0.channels] } == [17, 88, 4])
  }

  @Test func `heat maps fill whole pixels with the colours`() throws {
    let map = HeatMap("", [("", [[0, 1], [0.5, .nan]])], of: "")
    let pixels = try #require(Pixels(map.png(scale: 1)))
    // The panel of 200 is at (28, 20 + 8).
    func color(_ x: Int, _ y: Int) -> [UInt8] { pixels[28 + x, 28 + y] }
    #expect(color(0, 0) == [68, 1, 84, 255] && color(99, 99) == color(0, 0))
    #expect(color(100, 0) == [253, 231, 37, 255] && color(199, 99) == color(100, 0))
    #expect(color(200, 0)[3] == 0)
    // The scale of colours, of 14 by 200, goes from the highest to the lowest.
    let (top, bottom) = (color(230, 0), color(230, 199))
    #expect(top[0] > 245 && top[1] > 225 && top[2] < 45 && bottom[0] < 75 && bottom[1] < 10)
    #expect(color(239, 100)[3] == 255 && color(225, 100)[3] == 0)
  }

  @Test func `a pixel has the share of an area that is inside`() {
    var canvas = Canvas(width: 3, height: 2)
    func rectangle(_ x: Double, _ y: Double, _ right: Double, _ bottom: Double) -> [Point] {
      [(x, y), (right, y), (right, bottom), (x, bottom)].map { Point(x: $0.0, y: $0.1) }
    }
    canvas.fill([rectangle(0.5, 0, 2.25, 1.5)], SIMD4(1, 0, 0, 1))
    func opacities(_ canvas: Canvas) -> [UInt8] { stride(from: 3, to: 24, by: 4).map { canvas.bytes[$0] } }
    #expect(opacities(canvas) == [128, 255, 64, 64, 128, 32])
    // Areas that overlap in one filling count once.
    var twice = Canvas(width: 3, height: 2)
    twice.fill([rectangle(0, 0, 2, 2), rectangle(1, 0, 3, 2)], SIMD4(0, 0, 1, 0.5))
    #expect(opacities(twice) == [128, 128, 128, 128, 128, 128])
    // Where one goes round the other way, what is inside of both is outside.
    var hole = Canvas(width: 3, height: 2)
    hole.fill([rectangle(0, 0, 3, 2), rectangle(1, 0, 2, 2).reversed()], SIMD4(0, 0, 1, 1))
    #expect(opacities(hole) == [255, 0, 255, 255, 0, 255])
    // What is outside of the picture is left out.
    var outside = Canvas(width: 3, height: 2)
    outside.fill([rectangle(-5, -5, 1, 9), rectangle(7, 0, 9, 1)], SIMD4(0, 0, 1, 1))
    #expect(opacities(outside) == [255, 0, 0, 255, 0, 0])
  }

  @Test func `paths are read, dashed and stroked`() {
    func points(_ outline: Outline) -> [[[Double]]] { outline.lines.map { $0.map { [$0.x, $0.y] } } }
    #expect(
      points(Outline("M1 -2L3 4.5h2V0zM0 0H7")) == [
        [[1, -2], [3, 4.5], [5, 4.5], [5, 0], [1, -2]], [[0, 0], [7, 0]],
      ])
    let curve = Outline("M0 0Q2 0 2 2").lines[0]
    #expect(curve.count == 9 && curve[4] == Point(x: 1.5, y: 0.5))
    #expect(points(Outline("M0 0H12V8").dashed(6, 5)) == [[[0, 0], [6, 0]], [[11, 0], [12, 0], [12, 5]]])
    // The second line's middle is covered by both; a point alone is a dot only with round ends.
    #expect(Outline("M0 0H2V2").stroked(width: 1, hasRoundEnds: false).count == 3)
    #expect(Outline("M1 1h0").stroked(width: 1, hasRoundEnds: false).isEmpty)
    #expect(Outline("M1 1h0").stroked(width: 1, hasRoundEnds: true).count == 2)
  }

  @Test func `letters are there, and others are a box`() {
    let box = Lettering.glyph("漢").path
    let text = (UInt8(33)..<127).map { Character(UnicodeScalar($0)) } + "äÖßéñçšÅµ²°×±−…σ"
    for letter in text { #expect(Lettering.glyph(letter).path != box && !Lettering.glyph(letter).path.isEmpty) }
    #expect(Set(text.map { Lettering.glyph($0).path }).count == text.count)
    // Composed of two scalars it is the same letter.
    #expect(Lettering.glyph("a\u{308}") == Lettering.glyph("ä"))
    #expect(Lettering.width(of: "") == 0 && Lettering.width(of: "ab") > Lettering.width(of: "a"))
    // About as wide as the layout takes them for.
    let words = "Handwritten digits, validation accuracy 0.975"
    let ratio = Lettering.width(of: words) * Lettering.unit * 13 / Drawing.width(of: words)
    #expect(ratio > 0.7 && ratio <= 1)
  }

  @Test func `titles are written where they belong`() throws {
    let pixels = try #require(Pixels(Figure("IIII", []).png(scale: 1)))
    // Grey in the upper middle, and nothing elsewhere.
    let found = (0..<pixels.width * pixels.height).filter { pixels[$0 % pixels.width, $0 / pixels.width][3] > 0 }
    let (columns, rows) = (found.map { $0 % pixels.width }, found.map { $0 / pixels.width })
    let middle = Double(columns.min()! + columns.max()!) / 2
    #expect(abs(middle - Double(pixels.width) / 2) <= 1)
    #expect(rows.min()! >= 14 && rows.max()! <= 29)
  }

  @Test func `pixels of one and three channels are written`() throws {
    let grey = try #require(Pixels(PNG.file([0, 50, 100, 150, 200, 250], width: 3, height: 2, channels: 1)))
    #expect(grey[2, 0] == [100] && grey[0, 1] == [150])
    let color = try #require(Pixels(PNG.file([1, 2, 3, 4, 5, 6], width: 2, height: 1, channels: 3)))
    #expect(color[1, 0] == [4, 5, 6])
    #expect(PNG.header(of: [1, 2, 3]) == nil)
  }

  @Test func `a file is written whole, and a scale that is none stops the program`() async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).png").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let chart = Chart("T", x: "x", y: "y")
    try chart.savePNG(to: path, scale: 1)
    #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) == chart.png(scale: 1))
    #expect(throws: (any Error).self) { try chart.savePNG(to: path + "/none.png") }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Chart("T", x: "x", y: "y").png(scale: 100)
    }
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains("png: expected a scale above 0 with at most 16384 pixels a side, got 100.0 for 708 × 490"))
  }
}
