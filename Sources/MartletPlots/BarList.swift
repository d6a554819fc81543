import MartletText

/// Named numbers as bars from left to right, one below the other, with their intervals if they have any, as a picture in
/// SVG or PNG.
///
/// ```swift
/// try BarList("Features", [("age", 0.31, nil), ("sex", -0.12, nil)], of: "attribution").saveSVG(to: "features.svg")
/// ```
public struct BarList: Picture, Sendable {
  private let title: String
  private let quantity: String
  private let bars: [(name: String, value: Double, interval: ClosedRange<Double>?)]
  private let scale: Axis

  private static let (width, step) = (420.0, 24.0)

  /// Bars in this order, from above to below, of a quantity that is written under them. Negative numbers have another
  /// colour. A number that is not finite has no bar.
  public init(
    _ title: String, _ bars: [(name: String, value: Double, interval: ClosedRange<Double>?)], of quantity: String
  ) {
    (self.title, self.bars, self.quantity) = (title, bars, quantity)
    let ends = bars.flatMap { [$0.value] + ($0.interval.map { [$0.lowerBound, $0.upperBound] } ?? []) }
    scale = Axis.linear([0] + ends.filter(\.isFinite), ticks: 6, endsAtTicks: true)
  }

  /// Writes `svg()` to a file, whole or not at all; throws when it cannot be written.
  public func saveSVG(to path: String) throws(FormatError) { try AtomicFile.write(svg(), to: path) }

  /// The picture as SVG, which is text.
  public func svg() -> String { page.svg }

  /// The picture as the bytes of a PNG file, with `scale` pixels for each of its own; traps where that is not possible.
  public func png(scale: Double) -> [UInt8] { page.png(scale: scale) }

  private var page: Page {
    var drawing = Drawing()
    let left = 24 + (bars.map { Drawing.width(of: $0.name) }.max() ?? 0)
    let bottom = 8 + Self.step * Double(bars.count)
    func place(_ number: Double) -> Double { left + (scale.position(number) ?? 0) * Self.width }
    for tick in scale.ticks {
      let x = left + tick.position * Self.width
      drawing.stroke("M\(Drawing.number(x)) 8V\(Drawing.number(bottom))", opacity: 0.25)
      drawing.text(tick.label, x: x, y: bottom + 17, .middle)
    }
    for (index, bar) in bars.enumerated() {
      let middle = 8 + Self.step * (Double(index) + 0.5)
      drawing.text(bar.name, x: left - 8, y: middle, .end, isCentred: true)
      if !bar.value.isFinite { continue }
      let ends = [place(0), place(bar.value)].sorted().map(Drawing.number)
      let (top, height) = (Drawing.number(middle - 8), "16")
      drawing.fill(
        "M\(ends[0]) \(top)H\(ends[1])v\(height)H\(ends[0])Z", Drawing.colors[bar.value < 0 ? 1 : 0], opacity: 0.7)
      if let interval = bar.interval, interval.lowerBound.isFinite, interval.upperBound.isFinite {
        let (low, high, y) = (place(interval.lowerBound), place(interval.upperBound), Drawing.number(middle))
        let caps = [low, high].map { "M\(Drawing.number($0)) \(Drawing.number(middle - 4))v8" }.joined()
        drawing.stroke("M\(Drawing.number(low)) \(y)H\(Drawing.number(high))" + caps, width: 1.5)
      }
    }
    drawing.stroke("M\(Drawing.number(place(0))) 8V\(Drawing.number(bottom))")
    drawing.text(quantity, x: left + Self.width / 2, y: bottom + 38, .middle)
    return drawing.page(title, width: left + Self.width + 36, height: bottom + 52)
  }
}
