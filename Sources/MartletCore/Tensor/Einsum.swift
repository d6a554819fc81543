/// Sums of products over named axes, in Einstein's notation: `einsum("bij,bjk->bik", a, b)`.
///
/// A letter names an axis of each operand; axes whose letter is not in the result are summed. A letter that occurs
/// twice in one operand takes its diagonal. `...` stands for the axes that no letter names, which are broadcast from the
/// back and kept: `einsum("...ij,...jk->...ik", a, b)`. Without `->` the result has those axes and the letters that occur
/// once, in alphabetical order. Each pair of operands is contracted as one batched matrix product; of more operands the
/// pair is taken first that costs least, and of such the one with the smallest result. Integers wrap around. Traps when the expression or the shapes do not fit, and where the
/// result would leave out the axes of `...`.
///
/// - Complexity: for each pair of operands, the product of the lengths of all axes that they name.
public func einsum<Scalar: NumericScalar>(_ expression: String, _ operands: Tensor<Scalar>...) -> Tensor<Scalar> {
  let plan = EinsumExpression(expression, operands.map(\.shape))
  var terms = zip(operands, plan.operands).map { EinsumTerm($0, $1, broadcasting: plan.broadcast) }
  while terms.count > 1 {
    let (first, second) = plan.cheapestPair(of: terms.map(\.letters))
    let b = terms.remove(at: second)
    let a = terms.remove(at: first)
    // The letters that the result or another operand still needs.
    let wanted = Set(plan.result + terms.flatMap(\.letters))
    terms.insert(a.contracted(with: b, keeping: wanted), at: first)
  }
  return terms[0].summed(keeping: Set(plan.result)).ordered(plan.result)
}

/// The letters of an expression, checked against the shapes.
private struct EinsumExpression {
  var operands: [[Character]]
  var result: [Character]
  private var lengths: [Character: Int] = [:]
  /// The axes of `...` that are not of length 1 everywhere.
  var broadcast: Set<Character>

  init(_ text: String, _ shapes: [Shape]) {
    func fail(_ reason: String) -> Never { trap("einsum", "\"\(text)\": \(reason)") }
    let sides = text.withoutSpaces().split(separator: ">", omittingEmptySubsequences: false)
    if sides.count > 2 || (sides.count == 2 && sides[0].last != "-") { fail("write operands->result") }
    let left = sides.count == 2 ? sides[0].dropLast() : sides[0]
    operands = left.split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    if operands.count != shapes.count { fail("\(operands.count) operands are named, \(shapes.count) were given") }
    for (index, shape) in shapes.enumerated() {
      let (before, rest) = (operands[index].prefix { $0 != "." }, operands[index].drop { $0 != "." })
      let behind = rest.dropFirst(3)
      if !rest.isEmpty && rest.prefix(3) != [".", ".", "."] { fail("write ... with three dots") }
      if let odd = (before + behind).first(where: { !$0.isLetter }) { fail("\"\(odd)\" is not a letter") }
      let named = before.count + behind.count
      if rest.isEmpty ? named != shape.rank : named > shape.rank {
        fail("\"\(String(operands[index]))\" names \(named) axes, the operand has shape \(shape)")
      }
      let others = shape.rank - named
      operands[index] = before + EinsumExpression.axes(others) + behind
      for (axis, letter) in operands[index].enumerated() {
        let length = shape[axis]
        if !letter.isLetter {
          // One of the axes of `...`, which broadcast.
          if let known = lengths[letter], known != 1 && length != 1 && known != length {
            fail("the axes of ... do not broadcast; shapes are \(shapes)")
          }
          lengths[letter] = lengths[letter].map { $0 == 1 ? length : $0 } ?? length
          continue
        }
        if let known = lengths[letter], known != length {
          fail("axis \(letter) is \(known) in one place and \(length) in another; shapes are \(shapes)")
        }
        lengths[letter] = length
      }
    }
    broadcast = Set(lengths.filter { !$0.key.isLetter && $0.value != 1 }.keys)
    let others = EinsumExpression.axes(lengths.keys.count { !$0.isLetter })
    let all = operands.joined()
    if sides.count == 2 {
      result = Array(sides[1])
      if let odd = result.first(where: { !$0.isLetter && $0 != "." }) { fail("\"\(odd)\" is not a letter") }
      if let dots = result.firstIndex(of: ".") {
        if result[dots...].prefix(3) != [".", ".", "."] { fail("write ... with three dots") }
        result.replaceSubrange(dots..<dots + 3, with: others)
      } else if !others.isEmpty {
        fail("the result leaves out the axes of ...")
      }
      if Set(result).count != result.count { fail("the result names an axis twice") }
      if let unknown = result.first(where: { lengths[$0] == nil }) {
        fail("\"\(unknown)\" of the result is in no operand")
      }
    } else {
      result =
        others + Set(all).filter { letter in letter.isLetter && all.filter { $0 == letter }.count == 1 }.sorted()
    }
  }

  /// The two of these terms, which are given by their letters, to contract next.
  func cheapestPair(of terms: [[Character]]) -> (Int, Int) {
    func size(_ letters: Set<Character>) -> Double { letters.reduce(1) { $0 * Double(lengths[$1]!) } }
    var best = (pair: (0, 1), cost: Double.infinity, size: Double.infinity)
    for first in terms.indices.dropLast() {
      for second in first + 1..<terms.count {
        let all = Set(terms[first] + terms[second])
        let others = terms.indices.filter { $0 != first && $0 != second }.flatMap { terms[$0] }
        let (cost, left) = (size(all), size(all.intersection(result + others)))
        if (cost, left) < (best.cost, best.size) { best = ((first, second), cost, left) }
      }
    }
    return best.pair
  }

  /// What stands for the last `count` axes of `...`: characters that are no letters.
  private static func axes(_ count: Int) -> [Character] { Array("76543210".suffix(count)) }
}

/// A tensor whose axes have letters, each once.
private struct EinsumTerm<Scalar: NumericScalar> {
  var tensor: Tensor<Scalar>
  var letters: [Character]

  init(_ tensor: Tensor<Scalar>, _ letters: [Character], broadcasting broadcast: Set<Character> = []) {
    // An axis of length 1 that another operand's broadcasts to is left out: it is then the other's alone.
    let repeated = letters.indices.filter { broadcast.contains(letters[$0]) && tensor.shape[$0] == 1 }
    self.tensor = repeated.isEmpty ? tensor : tensor.squeezed(axes: repeated)
    self.letters = letters.indices.filter { !repeated.contains($0) }.map { letters[$0] }
    takeDiagonals()
  }

  /// Replaces two axes of the same letter by their diagonal: all other elements, NaN too, are masked out, and one axis
  /// is summed.
  private mutating func takeDiagonals() {
    while let second = letters.indices.first(where: { letters[..<$0].contains(letters[$0]) }) {
      let first = letters.firstIndex(of: letters[second])!
      let size = tensor.shape[first]
      var shape = Shape(Array(repeating: 1, count: letters.count))
      shape[first] = size
      shape[second] = size
      let isDiagonal = Tensor<Int32>.identity(size).cast(to: Bool.self).reshaped(to: shape)
      tensor = Tensor.where(isDiagonal, tensor, Tensor(0)).sum(axis: second)
      letters.remove(at: second)
    }
  }

  /// The term after summing the axes whose letters are not in `wanted`.
  func summed(keeping wanted: Set<Character>) -> EinsumTerm {
    let axes = letters.indices.filter { !wanted.contains(letters[$0]) }
    return axes.isEmpty ? self : EinsumTerm(tensor.sum(axes: axes), letters.filter(wanted.contains))
  }

  func ordered(_ order: [Character]) -> Tensor<Scalar> {
    order == letters ? tensor : tensor.permuted(order.map { letters.firstIndex(of: $0)! })
  }

  /// The product of two terms as one batched matrix product: of the letters that both have, those in `wanted` are the
  /// batch, and the others are contracted.
  func contracted(with other: EinsumTerm, keeping wanted: Set<Character>) -> EinsumTerm {
    let a = summed(keeping: wanted.union(other.letters))
    let b = other.summed(keeping: wanted.union(letters))
    let shared = a.letters.filter(b.letters.contains)
    let batch = shared.filter(wanted.contains)
    let inner = shared.filter { !wanted.contains($0) }
    let rows = a.letters.filter { !shared.contains($0) }
    let columns = b.letters.filter { !shared.contains($0) }
    func lengths(_ letters: [Character]) -> [Int] {
      letters.map { letter in
        a.letters.firstIndex(of: letter).map { a.tensor.shape[$0] } ?? b.tensor.shape[b.letters.firstIndex(of: letter)!]
      }
    }
    func size(_ letters: [Character]) -> Int { lengths(letters).reduce(1, *) }
    // Without sums, or with sums alone, there is nothing that a matrix product would do faster.
    if inner.isEmpty || (rows.isEmpty && columns.isEmpty && !batch.isEmpty) {
      let left = a.ordered(batch + rows + inner).reshaped(
        to: Shape(lengths(batch + rows + inner) + columns.map { _ in 1 }))
      let right = b.ordered(batch + columns + inner)
        .reshaped(to: Shape(lengths(batch) + rows.map { _ in 1 } + lengths(columns + inner)))
      return EinsumTerm(left * right, batch + rows + columns + inner).summed(keeping: wanted)
    }
    // The axes of the batch stay as they are where there is room, because joining them may copy the operands.
    let outer = batch.count <= 6 ? lengths(batch) : [size(batch)]
    let left = a.ordered(batch + rows + inner).reshaped(to: Shape(outer + [size(rows), size(inner)]))
    let right = b.ordered(batch + inner + columns).reshaped(to: Shape(outer + [size(inner), size(columns)]))
    let product = matmul(left, right)
    let letters = batch + rows + columns
    return EinsumTerm(product.reshaped(to: Shape(lengths(letters))), letters)
  }
}

extension String {
  fileprivate func withoutSpaces() -> String { filter { !$0.isWhitespace } }
}
