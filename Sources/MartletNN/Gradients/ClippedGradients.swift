import MartletCore

// Gradients whose rows are limited one by one before they are added, as private training needs.

/// How much a single row can move the gradient of a batch.
package enum RowLimit: Sendable {
  /// The gradients of a row at all parameters, as one vector, have at most this 2-norm.
  case flat(Double)
  /// The gradients of a row at the parameters of each module have at most this 2-norm over the root of the number of
  /// such modules, so that all together have at most this norm.
  case perModule(Double)
}

/// The sum over a batch's rows of their gradients, each limited.
package struct ClippedGradients {
  /// The sum at each parameter that is not frozen; 0 for one that takes no part.
  package let sum: Gradients
  /// The 2-norm of each row's gradients before they were limited, `[rows]`.
  package let norms: Tensor<Double>
  /// How many rows were limited.
  package let clippedCount: Int
}

/// Why a model's gradient cannot be told apart by rows.
package struct RowGradientError: Error, Equatable, CustomStringConvertible {
  /// The path of the parameter that this was found at.
  package let path: String
  package let reason: String

  package var description: String { "parameter \"\(path)\": \(reason)" }
}

/// The gradients of each row of a batch at a model's parameters, in factors: see `ExampleGradients`.
package struct RowGradients {
  /// The number of each row's loss, `[rows]`.
  package let losses: AnyTensor
  private let list: ParameterList
  private let gradients: ExampleGradients
  private let rows: Int

  /// Runs `body`, which gives the losses of the rows, `[rows]`, in training mode.
  ///
  /// `seed` is what each row's loss counts for, by default 1. Throws where an operation gives only the sum over the rows.
  package init<M: Module>(
    at model: M, rows: Int, seed: AnyTensor? = nil, of body: (M) -> AnyTensor
  ) throws(RowGradientError) {
    let list = ParameterList.of(model)
    let trainable = list.trainable
    let found = withMode(.training) {
      Result { () throws(ExampleGradientRefusal) in
        try exampleGradients(at: trainable, examples: rows, seed: seed) { running(model) { body(model) } }
      }
    }
    switch found {
    case .success(let result):
      list.check(result.unwatched, of: model)
      (losses, gradients) = (result.value, result.gradients)
    case .failure(let refusal):
      let variable = trainable[refusal.variable]
      let index = (0..<list.count).first { list[$0] === variable } ?? 0
      throw RowGradientError(path: list.paths.paths[index], reason: refusal.reason)
    }
    self.list = list
    self.rows = rows
  }

  /// The positions of the trainable parameters among all.
  private var trainable: [Int] { (0..<list.count).filter { list[$0].isTrainable } }

  /// The first parameter at which a row other than `row` has a gradient; nil when there is none.
  ///
  /// With a seed of 1 for one row and 0 for all others, no other row may have one: else the model mixes rows.
  package func parameterTouched(besides row: Int) -> String? {
    for (position, squares) in zip(trainable, gradients.squaredNorms()) {
      guard let squares else { continue }
      let numbers = Tensor<Double>(unchecked: squares.converted(to: .float64)).scalars
      for (index, number) in numbers.enumerated() where index != row && number != 0 {
        return list.paths.paths[position]
      }
    }
    return nil
  }

  /// The squared 2-norm of each row's gradient at each trainable parameter, by path, `[rows]`.
  package var squaredNorms: [(path: String, squares: AnyTensor)] {
    zip(trainable, gradients.squaredNorms()).compactMap { position, squares in
      squares.map { (list.paths.paths[position], $0) }
    }
  }

  /// The sum of the rows' gradients, each limited, times `scale`.
  ///
  /// A row whose gradient is not finite counts for nothing. Norms are rounded up by what their own rounding can be, so
  /// that the limit holds.
  package func clipped(_ limit: RowLimit, scale: Double = 1) -> ClippedGradients {
    let positions = trainable
    let squares = gradients.squaredNorms().map { $0?.converted(to: .float64) }
    let groups = groups(positions, limit)
    var sums = [Tensor<Double>](repeating: .zeros([rows]), count: groups.count)
    for (index, square) in squares.enumerated() {
      if let square { sums[groups.of[index]] = sums[groups.of[index]] + Tensor<Double>(unchecked: square) }
    }
    let bound =
      switch limit {
      case .flat(let norm): norm
      case .perModule(let norm): norm / Double(max(1, groups.count)).squareRoot()
      }
    var (factors, total, isClipped) = (
      [Tensor<Double>](), Tensor<Double>.zeros([rows]), [Bool](repeating: false, count: rows)
    )
    var hasNonFinite = false
    for sum in sums {
      let numbers = sum.scalars
      let scaled = numbers.map { square -> Double in
        if !square.isFinite { return 0 }
        let norm = max(0, square).squareRoot() * (1 + Self.rounding)
        return norm > bound ? bound / norm * scale : scale
      }
      for (index, square) in numbers.enumerated() {
        if !square.isFinite { hasNonFinite = true }
        if !(square.squareRoot() <= bound) { isClipped[index] = true }
      }
      factors.append(Tensor(scaled))
      total = total + sum
    }
    if hasNonFinite {
      // A row that is not finite in one module counts for nothing in the others either.
      let kept = total.scalars.map { $0.isFinite ? 1.0 : 0 }
      factors = factors.map { $0 * Tensor(kept) }
    }
    let types = positions.map { list[$0].value.scalarType }
    let scales = positions.indices.map { factors[groups.of[$0]].erased.converted(to: types[$0]) }
    let found = gradients.sums(scaledBy: scales, hasNonFinite: hasNonFinite)
    let all = zip(positions, found).map { position, sum -> AnyTensor? in
      let value = list[position].value
      return sum ?? AnyTensor(zeros: value.shape, scalarType: value.scalarType)
    }
    return ClippedGradients(
      sum: Gradients(list, ofTrainable: all), norms: total.sqrt(), clippedCount: isClipped.count { $0 })
  }

  /// More than what the rounding of `Float` makes of a sum of squares in blocks.
  package static let rounding = 1e-5

  /// Which parameters are limited together: the number of each one's group.
  private func groups(_ positions: [Int], _ limit: RowLimit) -> (of: [Int], count: Int) {
    guard case .perModule = limit else { return (positions.map { _ in 0 }, 1) }
    var (numbers, known) = ([Int](), [String: Int]())
    for position in positions {
      let path = list.paths.paths[position]
      let module = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? ""
      let number = known[module] ?? known.count
      known[module] = number
      numbers.append(number)
    }
    return (numbers, known.count)
  }
}

extension Gradients {
  /// Zeros at a model's parameters that are not frozen.
  package static func zeros(of model: some Module) -> Gradients {
    let list = ParameterList.of(model)
    return Gradients(
      list, ofTrainable: list.trainable.map { AnyTensor(zeros: $0.value.shape, scalarType: $0.value.scalarType) })
  }

  /// These with what `noise` gives for each added: its shape and scalar type are the gradient's. What is added to
  /// changes in place where nothing else holds it.
  package func adding(_ noise: (Shape, ScalarType) -> AnyTensor) -> Gradients {
    let filled = filler
    return filled(map { noise($0.gradient.shape, $0.gradient.scalarType) + $0.gradient }[...])
  }
}
