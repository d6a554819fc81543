import MartletPlatform

/// A place in a picture.
struct Point: Equatable {
  var x: Double
  var y: Double

  static func + (a: Point, b: Point) -> Point { Point(x: a.x + b.x, y: a.y + b.y) }
  static func - (a: Point, b: Point) -> Point { Point(x: a.x - b.x, y: a.y - b.y) }
  static func * (factor: Double, a: Point) -> Point { Point(x: factor * a.x, y: factor * a.y) }
  var length: Double { (x * x + y * y).squareRoot() }
}

/// Where points of a part of a picture are in the whole: turned, made larger, and moved.
struct Placement {
  /// What a step to the right becomes, and one down.
  var right = Point(x: 1, y: 0)
  var down = Point(x: 0, y: 1)
  var origin = Point(x: 0, y: 0)

  /// How much longer lines become.
  var scale: Double { right.length }

  func callAsFunction(_ point: Point) -> Point { point.x * right + point.y * down + origin }

  /// A part's own placement within this one; `angle` is in degrees, clockwise.
  func part(x: Double, y: Double, scale: Double = 1, angle: Double = 0) -> Placement {
    let (cosine, sine) = (cos(angle * .pi / 180) * scale, sin(angle * .pi / 180) * scale)
    return Placement(
      right: cosine * right + sine * down, down: -sine * right + cosine * down, origin: self(Point(x: x, y: y)))
  }
}

/// Lines through points, as a path describes them.
struct Outline {
  /// The points of each line, of which there is at least one.
  private(set) var lines: [[Point]] = []

  /// Reads a path as SVG has them, of the commands `M`, `L`, `H`, `V`, `h`, `v`, `Q`, `Z` and `z`; a curve becomes
  /// eight straight lines. What it cannot read ends it.
  init(_ path: String) {
    var rest = Substring(path).utf8[...]
    var (here, start) = (Point(x: 0, y: 0), Point(x: 0, y: 0))
    func number() -> Double? {
      while let first = rest.first, first == UInt8(ascii: " ") || first == UInt8(ascii: ",") { rest.removeFirst() }
      let digits = rest.prefix { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".")
          || byte == UInt8(ascii: "-")
      }
      rest = rest[digits.endIndex...]
      return Double(Substring(digits))
    }
    func point() -> Point? {
      guard let x = number(), let y = number() else { return nil }
      return Point(x: x, y: y)
    }
    /// Where a command leads, with what it bends to on the way; nil where it cannot be read.
    func target(_ command: UInt8) -> (end: Point, bend: Point?)? {
      switch command {
      case UInt8(ascii: "M"), UInt8(ascii: "L"): return point().map { ($0, nil) }
      case UInt8(ascii: "H"): return number().map { (Point(x: $0, y: here.y), nil) }
      case UInt8(ascii: "V"): return number().map { (Point(x: here.x, y: $0), nil) }
      case UInt8(ascii: "h"): return number().map { (Point(x: here.x + $0, y: here.y), nil) }
      case UInt8(ascii: "v"): return number().map { (Point(x: here.x, y: here.y + $0), nil) }
      case UInt8(ascii: "Q"):
        guard let bend = point(), let end = point() else { return nil }
        return (end, bend)
      case UInt8(ascii: "Z"), UInt8(ascii: "z"): return (start, nil)
      default: return nil
      }
    }
    while let command = rest.popFirst() {
      guard let (end, bend) = target(command) else { return }
      if command == UInt8(ascii: "M") {
        lines.append([end])
        start = end
      } else {
        if lines.isEmpty { lines.append([here]) }
        if let bend {
          for part in 1..<8 {
            let t = Double(part) / 8
            let (first, second) = ((1 - t) * here + t * bend, (1 - t) * bend + t * end)
            lines[lines.count - 1].append((1 - t) * first + t * second)
          }
        }
        lines[lines.count - 1].append(end)
      }
      here = end
    }
  }

  private init(lines: [[Point]]) { self.lines = lines }

  func placed(_ placement: Placement) -> Outline { Outline(lines: lines.map { $0.map { placement($0) } }) }

  /// The lines cut into dashes of a length, with gaps of another.
  func dashed(_ dash: Double, _ gap: Double) -> Outline {
    var dashes: [[Point]] = []
    for line in lines {
      var (isDrawn, left) = (true, dash)
      var current = [line[0]]
      for (from, to) in zip(line, line.dropFirst()) {
        let length = (to - from).length
        var done = 0.0
        while length - done > left {
          done += left
          let place = from + (done / length) * (to - from)
          if isDrawn { dashes.append(current + [place]) }
          isDrawn.toggle()
          (current, left) = ([place], isDrawn ? dash : gap)
        }
        left -= length - done
        current.append(to)
      }
      if isDrawn && current.count > 1 { dashes.append(current) }
    }
    return Outline(lines: dashes)
  }

  /// Polygons that together cover the lines at a width, all of them turning the same way: a rectangle for each straight
  /// part, and circles where parts meet, and at the ends if these are round.
  func stroked(width: Double, hasRoundEnds: Bool) -> [[Point]] {
    let radius = width / 2
    // So many corners that the circle's edge is a tenth of a pixel off at most.
    let corners = max(8, Int(Double.pi / acos(max(0, 1 - 0.1 / max(radius, 0.2)))) + 1)
    let circle = (0..<corners).map { corner in
      let angle = -2 * Double.pi * Double(corner) / Double(corners)
      return Point(x: radius * cos(angle), y: radius * sin(angle))
    }
    var polygons: [[Point]] = []
    for line in lines {
      for (from, to) in zip(line, line.dropFirst()) where from != to {
        let along = (1 / (to - from).length) * (to - from)
        let across = Point(x: -radius * along.y, y: radius * along.x)
        polygons.append([from + across, to + across, to - across, from - across])
      }
      for (index, point) in line.enumerated() where hasRoundEnds || (index > 0 && index < line.count - 1) {
        polygons.append(circle.map { point + $0 })
      }
    }
    return polygons
  }
}
