import MartletCore
import MartletNN

/// Explains the answers of a model, or of any differentiable function, by how much each element of the input adds to them.
///
/// ```swift
/// let explainer = Explainer(model, target: .outputs(labels))
/// let attribution = try explainer.integratedGradients(images)
/// print(attribution)
/// ```
/// Rows must be computed independently of each other, as all layers do in inference mode, which is the mode here. The
/// article "Explanations" says what each method can tell and what it cannot.
public struct Explainer<Scalar: FloatingScalar> {
  /// A function from some rows `[n, …]` to outputs `[n, …]`.
  public typealias Function = (_ x: Tensor<Scalar>) -> Tensor<Scalar>
  /// As `Function`, for one that needs other things of its rows: `rows` `[n]` has the place of each row among those that
  /// are explained, where the same may occur several times.
  public typealias RowFunction = (_ x: Tensor<Scalar>, _ rows: Tensor<Int64>) -> Tensor<Scalar>

  /// What is explained.
  public let target: ExplanationTarget<Scalar>
  /// The names of a row's elements, in row-major order; numbers where this is empty.
  public var featureNames: [String] = []
  /// The most rows that are computed at once, which bounds the memory that a method takes.
  public var rowsPerPass: Int
  private let function: RowFunction
  private let validate: (Tensor<Scalar>) throws(ExplanationError) -> Void

  /// An explainer of a model.
  public init<Model: Layer<Tensor<Scalar>, Tensor<Scalar>>>(
    _ model: Model, target: ExplanationTarget<Scalar>, featureNames: [String] = [], rowsPerPass: Int = 512
  ) {
    (self.target, self.featureNames, self.rowsPerPass) = (target, featureNames, rowsPerPass)
    function = { x, _ in running(model) { model(x) } }
    validate = { x throws(ExplanationError) in
      do throws(ModuleError) {
        for entry in try ModuleStructure.read(model).entries where !entry.variable.isInitialized {
          throw ModuleError.layer(
            path: entry.path, reason: "has no value: build the model with build(for:) or a fit, or load a file")
        }
        _ = try model.outputShape(for: Shape(x.shape.dropFirst()))
        try model.validate(x)
      } catch {
        throw .model("x of shape \(x.shape): \(error)")
      }
    }
  }

  /// An explainer of a function.
  public init(
    target: ExplanationTarget<Scalar>, featureNames: [String] = [], rowsPerPass: Int = 512,
    of function: @escaping Function
  ) {
    self.init(rowsOf: { x, _ in function(x) }, target: target, featureNames: featureNames, rowsPerPass: rowsPerPass)
  }

  /// An explainer of a function that needs other things of its rows, such as a second input of a model's, which is not
  /// explained: `Explainer(rowsOf: { x, rows in model(Pair(x, ages[rows: rows])) }, target: .output(0))`.
  public init(
    rowsOf function: @escaping RowFunction, target: ExplanationTarget<Scalar>, featureNames: [String] = [],
    rowsPerPass: Int = 512
  ) {
    (self.target, self.featureNames, self.rowsPerPass) = (target, featureNames, rowsPerPass)
    self.function = function
    validate = { _ throws(ExplanationError) in }
  }

  // MARK: Checks

  /// Throws when `x` cannot be explained.
  func check(_ x: Tensor<Scalar>) throws(ExplanationError) {
    if rowsPerPass < 1 { throw .invalid("expected at least one row per pass, got \(rowsPerPass)") }
    if x.rank < 1 { throw .shapes("expected rows [n, …] to explain, got shape \(x.shape)") }
    if x.count == 0 { throw .empty("expected rows with features, got shape \(x.shape)") }
    let width = x.count / x.shape[0]
    if !featureNames.isEmpty && featureNames.count != width {
      throw .shapes("expected a name for each of \(width) features, got \(featureNames.count)")
    }
    if let place = x.scalars.firstIndex(where: { !$0.isFinite }) {
      throw .invalid("expected finite numbers, got \(x.scalars[place].doubleValue) in row \(place / width)")
    }
    try validate(x)
  }

  /// The baseline of every row, in the shape of `x`: given as one number, one row or a row for each; zeros by default.
  func baseline(_ given: Tensor<Scalar>?, for x: Tensor<Scalar>) throws(ExplanationError) -> Tensor<Scalar> {
    guard let given else { return .zeros(x.shape) }
    let row = Shape(x.shape.dropFirst())
    if given.shape != x.shape && given.shape != row && given.count != 1 && given.shape != Shape([1] + row) {
      throw .shapes("expected a baseline of shape \(row) or \(x.shape), or one number, got \(given.shape)")
    }
    if let number = given.scalars.first(where: { !$0.isFinite }) {
      throw .invalid("expected a baseline of finite numbers, got \(number.doubleValue)")
    }
    let values = given.count == 1 ? given.reshaped(to: [] as Shape) : given
    let full = values.broadcast(to: x.shape).detached().contiguous()
    try validate(full)
    return full
  }

  /// The names of a row's elements.
  func names(_ width: Int) -> [String] { featureNames.isEmpty ? (0..<width).map(String.init) : featureNames }

  // MARK: Passes

  /// The number that is explained for each of some rows, as a tensor that can be differentiated.
  func targets(_ x: Tensor<Scalar>, _ rows: [Int]) throws(ExplanationError) -> Tensor<Scalar> {
    try target.values(of: outputs(x, rows), rows: rows)
  }

  /// The model's outputs for some rows, in inference mode and with the same random numbers each time.
  func outputs(_ x: Tensor<Scalar>, _ rows: [Int]) -> Tensor<Scalar> {
    withRandomSeed(0) { withMode(.inference) { function(x, Tensor<Int64>(rows.map(Int64.init))) } }
  }

  /// Calls `body` with parts of `0 ..< count` that are computed at once.
  func passes(
    _ count: Int, _ body: (Range<Int>) throws(ExplanationError) -> Void
  ) throws(ExplanationError) {
    for start in stride(from: 0, to: count, by: rowsPerPass) { try body(start..<min(count, start + rowsPerPass)) }
  }

  /// The number that is explained for each of some rows, computed at once.
  func values(_ x: Tensor<Scalar>, _ rows: [Int]) throws(ExplanationError) -> [Double] {
    numbers(try target.values(of: withoutGradient { outputs(x, rows) }, rows: rows))
  }

  /// The number that is explained for every row of `x`, computed in passes.
  func allValues(_ x: Tensor<Scalar>) throws(ExplanationError) -> [Double] {
    var result: [Double] = []
    try passes(x.shape[0]) { range throws(ExplanationError) in
      result += try values(x[range].contiguous(), Array(range))
    }
    return result
  }

  /// The number that is explained for each of some rows, and its gradient there, of the shape of `x`; computed at once.
  func gradients(
    _ x: Tensor<Scalar>, _ rows: [Int]
  ) throws(ExplanationError) -> (values: [Double], gradients: Tensor<Scalar>) {
    do {
      var values: [Double] = []
      let slopes = try gradient(at: x.detached()) { x in
        let targets = try self.targets(x, rows)
        values = targets.detached().scalars.map(\.doubleValue)
        return targets.sum()
      }
      return (values, slopes)
    } catch let error as ExplanationError {
      throw error
    } catch {
      throw .model("\(error)")
    }
  }
}

/// The elements of a tensor as numbers, in row-major order.
func numbers(_ tensor: Tensor<some FloatingScalar>) -> [Double] { tensor.scalars.map(\.doubleValue) }
