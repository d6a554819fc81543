import MartletPlatform

/// The pixels of a picture, as areas are laid over each other.
///
/// A pixel that an area covers in part takes as much of its colour: its share is the mean over eight lines through the
/// pixel of how much of each is inside, exactly.
struct Canvas {
  let width: Int
  let height: Int
  /// Red, green and blue, each times the opacity, and the opacity; row by row.
  private var pixels: [SIMD4<Float>]

  /// A transparent picture.
  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    pixels = Array(repeating: .zero, count: width * height)
  }

  /// The edge of an area, from above to below, and whether the area's outline goes down along it or up.
  private struct Edge {
    let top: Point
    let bottom: Point
    let direction: Int

    func x(at y: Double) -> Double { top.x + (y - top.y) * (bottom.x - top.x) / (bottom.y - top.y) }
  }

  /// Fills what polygons go round at least once in one direction more than in the other (the rule "nonzero"), with red,
  /// green, blue and opacity from 0 to 1. With `isCrisp`, pixels whose middle is inside are filled, and others not.
  mutating func fill(_ polygons: [[Point]], _ color: SIMD4<Float>, isCrisp: Bool = false) {
    var edges: [Edge] = []
    for polygon in polygons {
      for (index, from) in polygon.enumerated() {
        let to = polygon[index + 1 == polygon.count ? 0 : index + 1]
        if from.y < to.y { edges.append(Edge(top: from, bottom: to, direction: 1)) }
        if from.y > to.y { edges.append(Edge(top: to, bottom: from, direction: -1)) }
      }
    }
    edges.sort { $0.top.y < $1.top.y }
    guard let first = edges.first else { return }
    let bottom = edges.reduce(0) { max($0, $1.bottom.y) }
    let rows = max(0, Int(first.top.y))..<max(0, Int(first.top.y), min(height, Int(bottom.rounded(.up))))
    let lines = isCrisp ? 1 : 8
    var (next, active): (Int, [Edge]) = (0, [])
    var cover = [Float](repeating: 0, count: width)
    for row in rows {
      var (left, right) = (width, 0)
      for line in 0..<lines {
        let y = Double(row) + (Double(line) + 0.5) / Double(lines)
        while next < edges.count && edges[next].top.y <= y {
          active.append(edges[next])
          next += 1
        }
        active.removeAll { $0.bottom.y <= y }
        let crossings = active.map { ($0.x(at: y), $0.direction) }.sorted { $0.0 < $1.0 }
        var (winding, start) = (0, 0.0)
        for (x, direction) in crossings {
          if winding == 0 { start = x }
          winding += direction
          if winding != 0 { continue }
          let span =
            isCrisp ? (start - 0.5).rounded(.up)..<max((start - 0.5).rounded(.up), (x - 0.5).rounded(.up)) : start..<x
          let inside = span.clamped(to: 0..<Double(width))
          if inside.isEmpty { continue }
          let last = min(width - 1, Int(inside.upperBound))
          for pixel in Int(inside.lowerBound)...last {
            let part = min(inside.upperBound, Double(pixel + 1)) - max(inside.lowerBound, Double(pixel))
            cover[pixel] += Float(part) / Float(lines)
          }
          (left, right) = (min(left, Int(inside.lowerBound)), max(right, last + 1))
        }
      }
      for pixel in left..<max(left, right) {
        let opacity = min(1, cover[pixel]) * color.w
        cover[pixel] = 0
        let place = row * width + pixel
        pixels[place] = pixels[place] * (1 - opacity) + SIMD4(color.x, color.y, color.z, 1) * opacity
      }
    }
  }

  /// Red, green, blue and opacity of each pixel, from 0 to 255.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * pixels.count)
    for pixel in pixels {
      let opacity = pixel.w
      let color = opacity > 0 ? pixel / opacity : pixel
      for channel in [color.x, color.y, color.z, opacity] {
        bytes.append(UInt8(min(max(channel * 255, 0), 255).rounded()))
      }
    }
    return bytes
  }
}
