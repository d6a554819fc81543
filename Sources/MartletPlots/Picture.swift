import MartletText

/// What can be shown as a picture of pixels: charts, figures, heat maps, confusion matrices, tensors.
///
/// ```swift
/// try chart.savePNG(to: "growth.png")
/// ```
/// `TensorBoard` shows any of them while a model is trained. The text in a picture of pixels is drawn with letters of the
/// library's own: those of ASCII and of western and central European languages, and some signs and Greek; others are boxes,
/// and are seen in the SVG alone.
public protocol Picture {
  /// The picture as the bytes of a PNG file, with `scale` pixels for each of the picture's own.
  func png(scale: Double) -> [UInt8]
}

extension Picture {
  /// The picture as the bytes of a PNG file, with two pixels for each of its own, as screens of today have them.
  public func png() -> [UInt8] { png(scale: 2) }

  /// Writes `png(scale:)` to a file, whole or not at all; throws when it cannot be written.
  public func savePNG(to path: String, scale: Double = 2) throws(FormatError) {
    let bytes = png(scale: scale)
    try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
      try writer.write(bytes)
    }
  }
}

extension Page {
  /// The picture as a PNG file; traps where `scale` makes it larger than 16,384 pixels, or less than one.
  package func png(scale: Double) -> [UInt8] {
    let largest = 16_384.0
    guard scale > 0, (width * scale).rounded(.up) <= largest, (height * scale).rounded(.up) <= largest else {
      fatalError(
        "png: expected a scale above 0 with at most \(Int(largest)) pixels a side, got \(scale) for "
          + "\(Drawing.number(width)) × \(Drawing.number(height))")
    }
    var canvas = Canvas(width: Int((width * scale).rounded(.up)), height: Int((height * scale).rounded(.up)))
    let placement = Placement().part(x: 0, y: 0, scale: scale)
    for element in elements { canvas.draw(element, placement, isCrisp: false) }
    return PNG.file(canvas.bytes, width: canvas.width, height: canvas.height, channels: 4)
  }
}

extension Canvas {
  /// Draws an element of a picture.
  mutating func draw(_ element: Drawing.Element, _ placement: Placement, isCrisp: Bool) {
    switch element {
    case .words(let words): draw(words, placement)
    case .line(let line): draw(line, placement)
    case .area(let area):
      fill(Outline(area.path).placed(placement).lines, Self.color(area.color, area.opacity), isCrisp: isCrisp)
    case .colorScale(let x, let y, let width, let height):
      // So many colours as there are pixels.
      let parts = max(1, Int((height * placement.scale).rounded()))
      for part in 0..<parts {
        let (high, step) = (y + height * Double(part) / Double(parts), height / Double(parts))
        let corners = [(x, high), (x + width, high), (x + width, high + step), (x, high + step)]
        let middle = 1 - (Double(part) + 0.5) / Double(parts)
        fill([corners.map { placement(Point(x: $0.0, y: $0.1)) }], Self.color(HeatMap.color(middle), 1), isCrisp: true)
      }
    case .group(let group):
      let inner = placement.part(x: group.x, y: group.y, scale: group.scale)
      for element in group.elements { draw(element, inner, isCrisp: isCrisp || group.isCrisp) }
    }
  }

  private mutating func draw(_ line: Drawing.Line, _ placement: Placement) {
    var outline = Outline(line.path).placed(placement)
    let scale = placement.scale
    if line.isDashed { outline = outline.dashed(6 * scale, 5 * scale) }
    fill(
      outline.stroked(width: line.width * scale, hasRoundEnds: line.hasRoundEnds),
      Self.color(line.color, line.opacity))
  }

  private mutating func draw(_ words: Drawing.Words, _ placement: Placement) {
    let unit = (words.size ?? 13) * Lettering.unit
    var place = placement.part(x: words.x, y: words.y, scale: unit, angle: words.angle)
    let width = Lettering.width(of: words.text)
    // Half of a capital's height below the middle.
    let down = words.isCentred ? 5.0 : 0
    let left = words.anchor == .start ? 0 : words.anchor == .middle ? -width / 2 : -width
    place = place.part(x: left, y: down)
    let color = Self.color(words.fill ?? Drawing.ink, 1)
    for character in words.text {
      let glyph = Lettering.glyph(character)
      // Letters go up from their line, and pictures down.
      let upright = Placement(right: place.right, down: -1 * place.down, origin: place.origin)
      let outline = Outline(glyph.path).placed(upright)
      let thickness = (words.isBold ? 1.75 : 1.2) * place.scale
      fill(outline.stroked(width: thickness, hasRoundEnds: true), color)
      place = place.part(x: glyph.advance, y: 0)
    }
  }

  /// Red, green, blue and opacity, from 0 to 1, of a colour `#rrggbb`.
  private static func color(_ text: String, _ opacity: Double) -> SIMD4<Float> {
    let number = UInt32(text.dropFirst(), radix: 16) ?? 0
    func channel(_ shift: UInt32) -> Float { Float(number >> shift & 0xFF) / 255 }
    return SIMD4(channel(16), channel(8), channel(0), Float(opacity))
  }
}
