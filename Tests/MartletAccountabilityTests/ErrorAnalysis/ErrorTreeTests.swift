import Foundation
import MartletAccountability
import MartletCore
import MartletData
import Testing

@Suite struct ErrorTreeTests {
  /// A model that is wrong about half of the rows over 40 from the south, and of those whose age is missing, and about a
  /// twentieth elsewhere.
  private static func rows() throws -> (table: Table, errors: [Bool], areHard: [Bool]) {
    var generator = RandomGenerator(seed: 3)
    let draws = Tensor<Double>.randomUniform([800, 5], using: &generator).scalars2D
    let ages = draws.map { $0[0] < 0.05 ? .nan : ($0[1] * 80).rounded(.down) }
    let places = draws.map { $0[2] < 0.05 ? nil : ["east", "north", "south"][Int($0[3] * 3)] }
    let areHard = zip(ages, places).map { $0.isNaN || ($0 > 40 && $1 == "south") }
    let errors = zip(areHard, draws).map { $1[4] < ($0 ? 0.5 : 0.05) }
    return (try Table(columns: [("age", .numbers(ages)), ("place", .texts(places))]), errors, areHard)
  }

  @Test("The part of the rows that is hard is found, with its rate, coverage and interval") func found() throws {
    let (table, errors, areHard) = try Self.rows()
    let tree = try ErrorTree(fittedTo: table, errors: errors)
    let worst = tree.leaves[0]
    let node = tree.nodes[worst]
    let leaves = try tree.leaves(of: table)
    let inWorst = leaves.indices.filter { leaves[$0] == worst }
    #expect(inWorst.filter { areHard[$0] }.count > inWorst.count * 9 / 10 && inWorst.count > 30)
    let text = tree.path(to: worst).joined(separator: " and ")
    #expect(text.contains("age") && text.contains("place is \"south\""), "\(text)")
    #expect(isNear(tree.coverage(of: worst), Double(node.rowCount) / 800))
    #expect(isNear(tree.errorShare(of: worst), Double(node.errorCount) / Double(errors.filter { $0 }.count)))
    let interval = try tree.interval(of: worst)
    #expect(interval.lower > tree.nodes[0].errorRate && interval.lower < node.errorRate)
    #expect(interval.upper > node.errorRate && interval.upper < 1)
  }

  @Test("Parts make up their wholes, and each row's leaf is where its conditions lead", arguments: [1, 3, 6])
  func consistency(depth: Int) throws {
    let (table, errors, _) = try Self.rows()
    let tree = try ErrorTree(fittedTo: table, errors: errors, maximumDepth: depth, minimumRows: 10, minimumGain: 0)
    for (index, node) in tree.nodes.enumerated() {
      #expect(tree.path(to: index).count <= depth && node.rowCount >= 10)
      guard let first = node.firstPart else { continue }
      let (here, there) = (tree.nodes[first], tree.nodes[first + 1])
      #expect(here.rowCount + there.rowCount == node.rowCount && here.errorCount + there.errorCount == node.errorCount)
      #expect(here.parent == index && there.parent == index && here.holds && !there.holds)
    }
    let leaves = try tree.leaves(of: table)
    for leaf in tree.leaves {
      let rows = leaves.indices.filter { leaves[$0] == leaf }
      #expect(rows.count == tree.nodes[leaf].rowCount)
      #expect(rows.filter { errors[$0] }.count == tree.nodes[leaf].errorCount)
    }
  }

  @Test("The first split is the best of all thresholds and sets") func bestSplit() throws {
    let (table, errors, _) = try Self.rows()
    func loss(_ rows: [Int]) -> Double {
      let wrong = Double(rows.filter { errors[$0] }.count)
      let right = Double(rows.count) - wrong
      func term(_ count: Double) -> Double { count > 0 ? -count * log(count / Double(rows.count)) : 0 }
      return term(wrong) + term(right)
    }
    func gain(_ holds: (Int) -> Bool) -> Double {
      let parts = ((0..<800).filter(holds), (0..<800).filter { !holds($0) })
      if min(parts.0.count, parts.1.count) < 20 { return 0 }
      return loss(Array(0..<800)) - loss(parts.0) - loss(parts.1)
    }
    let (ages, places) = (try table.numbers("age"), try table.texts("place"))
    var best = max(gain { ages[$0].isNaN }, gain { places[$0] == nil })
    for threshold in stride(from: 0.5, to: 79, by: 1) {
      best = max(best, gain { ages[$0] <= threshold }, gain { ages[$0] <= threshold || ages[$0].isNaN })
    }
    for set in [["north"], ["south"], ["east"], ["north", "south"], ["north", "east"], ["south", "east"]] {
      best = max(best, gain { places[$0].map(set.contains) ?? false }, gain { places[$0].map(set.contains) ?? true })
    }
    let tree = try ErrorTree(fittedTo: table, errors: errors, maximumDepth: 1)
    let leaves = try tree.leaves(of: table)
    #expect(isNear(gain { leaves[$0] == 1 }, best, 1e-9))
  }

  @Test("Limits hold, and rows without anything to tell are one leaf") func limits() throws {
    let (table, errors, _) = try Self.rows()
    func leaves(_ errors: [Bool], depth: Int = 8, leaves: Int = 100, rows: Int = 20, gain: Double = 0) throws -> Int {
      try ErrorTree(
        fittedTo: table, errors: errors, maximumDepth: depth, maximumLeaves: leaves, minimumRows: rows,
        minimumGain: gain
      ).leaves.count
    }
    #expect(try leaves(errors) > 6)
    #expect(try leaves(errors, depth: 0) == 1)
    #expect(try leaves(errors, leaves: 4) == 4)
    #expect(try leaves(errors, rows: 401) == 1)
    #expect(try leaves(errors, gain: 1000) == 1)
    #expect(try leaves([Bool](repeating: true, count: 800)) == 1)
    #expect(try leaves([Bool](repeating: false, count: 800)) == 1)
    // A small tree splits what tells most, which is not always the first in depth.
    let whole = try ErrorTree(fittedTo: table, errors: errors, maximumDepth: 8, maximumLeaves: 3)
    #expect(whole.nodes.count == 5)
  }

  @Test("Rare categories go together, and unknown ones with most rows") func categories() throws {
    let names = (0..<300).map { $0 < 100 ? "a" : $0 < 200 ? "b" : "rare \($0)" }
    let errors = (0..<300).map { $0 >= 200 ? $0 % 2 == 0 : $0 % 20 == 0 }
    let table = try Table(columns: [("name", .texts(names.map(Optional.some)))])
    let tree = try ErrorTree(fittedTo: table, errors: errors)
    #expect(tree.leaves.count == 2)
    guard case .oneOf(_, let categories, let others, _) = tree.nodes[0].condition else {
      Issue.record("expected a set of categories, got \(String(describing: tree.nodes[0].condition))")
      return
    }
    #expect(categories.count == 100 && categories.allSatisfy { $0.hasPrefix("rare") } && others == ["a", "b"])
    let other = try Table(columns: [("name", .texts(["new", "a", "rare 250", nil]))])
    let leaves = try tree.leaves(of: other)
    // There were no missing ones either.
    #expect(leaves[0] == leaves[1] && leaves[2] != leaves[1] && leaves[3] == leaves[1])
    #expect(tree.description.contains("name is \"a\" or \"b\":"))
  }

  @Test("The text has a line for each node, the Markdown a list, both the worse part first") func texts() throws {
    let table = try Table(columns: [
      ("a*b", .numbers((0..<40).map { $0 < 10 ? .nan : Double($0) }))
    ])
    let errors = (0..<40).map { $0 >= 30 || $0 == 0 }
    let tree = try ErrorTree(fittedTo: table, errors: errors, maximumDepth: 1, minimumRows: 5)
    #expect(
      tree.description == """
        all rows: 27.5 % of 40 rows wrong [16.1, 42.8]
          a*b > 29.5: 100.0 % of 10 rows wrong [72.2, 100.0], 25.0 % of rows, 90.9 % of errors
          a*b ≤ 29.5 or missing: 3.3 % of 30 rows wrong [0.6, 16.7], 75.0 % of rows, 9.1 % of errors
        """)
    #expect(tree.markdown.hasPrefix("- **all rows**: 27.5 %"))
    #expect(tree.markdown.contains("\n  - **a\\*b \\> 29.5**: 100.0 %"))
    #expect(tree.path(to: tree.leaves[0]) == ["a*b > 29.5"])
  }

  @Test("It is encoded and decoded, and can be made of labels") func codable() throws {
    let (table, errors, _) = try Self.rows()
    let tree = try ErrorTree(fittedTo: table, errors: errors)
    #expect(try JSONDecoder().decode(ErrorTree.self, from: try JSONEncoder().encode(tree)) == tree)
    let labels = Tensor<Int32>(errors.indices.map { Int32($0 % 3) })
    let predicted = Tensor<Int32>(errors.enumerated().map { Int32(($0 + ($1 ? 1 : 0)) % 3) })
    #expect(try ErrorTree(fittedTo: table, labels: labels, predicted: predicted) == tree)
  }

  @Test("Tables and limits that cannot be used throw") func badInput() throws {
    let (table, errors, _) = try Self.rows()
    func error(
      _ errors: [Bool], _ columns: [String]? = nil, of other: Table? = nil, depth: Int = 3, leaves: Int = 3,
      rows: Int = 3, gain: Double = 0
    ) -> FairnessError? {
      do throws(FairnessError) {
        _ = try ErrorTree(
          fittedTo: other ?? table, errors: errors, columns: columns, maximumDepth: depth, maximumLeaves: leaves,
          minimumRows: rows, minimumGain: gain)
        return nil
      } catch { return error }
    }
    #expect(error(errors) == nil)
    #expect(error([true]) == .shapes("expected whether each of 800 rows is wrong, got 1"))
    #expect(error([], of: table.rows([])) == .empty("expected rows, got none"))
    #expect(error(errors, ["x"]) == .unknown("expected some of the columns \"age\", \"place\", got \"x\""))
    #expect(error(errors, ["age", "age"]) == .invalid("expected different columns, got \"age\" twice"))
    #expect(error(errors, depth: -1) != nil && error(errors, leaves: 0) != nil && error(errors, rows: 0) != nil)
    #expect(error(errors, gain: .nan) != nil)
    #expect(throws: FairnessError.self) { try ErrorTree(fittedTo: table, labels: [1], predicted: [1]) }
    let tree = try ErrorTree(fittedTo: table, errors: errors)
    #expect(throws: TableError.self) { try tree.leaves(of: table.selecting(["age"])) }
    #expect(throws: TableError.self) { try tree.leaves(of: Table(["age": ["old"], "place": ["south"]])) }
    #expect(throws: FairnessError.self) { try tree.interval(of: 0, confidence: 1) }
  }
}
