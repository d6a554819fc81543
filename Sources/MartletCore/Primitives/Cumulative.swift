import CKernels

/// Running sums or products along an axis, from the front or from the back.
struct Cumulative: Primitive {
  let isProduct: Bool
  let axis: Int
  var fromBack = false

  var name: String { isProduct ? "cumulativeProduct" : "cumulativeSum" }
  var saves: SavePolicy { isProduct ? .firstOperand : .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (type, shape) = (operands.first.scalarType, operands.first.shape)
    if !type.isNumeric { throw TensorError(name, "\(type) is not supported; convert with cast(to:)") }
    if axis < 0 || axis >= shape.rank { throw TensorError(name, "\(shape) has no axis \(axis)") }
    return TensorSpec(type, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let length = spec.shape.axes[axis]
    func turned(_ body: TensorBody) -> TensorBody {
      guard fromBack, length > 0 else { return body }
      return body.view(body.layout.sliced(axis: axis, start: length - 1, step: -1, count: length))
    }
    let x = turned(operands.first.body).inOrder()
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    var (blocks, inner) = (1, 1)
    for other in 0..<axis { blocks *= spec.shape.axes[other] }
    for other in axis + 1..<max(axis + 1, spec.shape.rank) { inner *= spec.shape.axes[other] }
    let block = length * inner * spec.scalarType.size
    let (from, to) = (x.pointer, result.pointer)
    let (isProduct, type) = (isProduct, spec.scalarType.kernelType)
    WorkerPool.parallelFor(blocks, grain: max(1, ElementwiseLoop.cheapGrain / max(1, length * inner))) { range in
      mk_cumulative(
        isProduct, type, from + range.lowerBound * block, to + range.lowerBound * block, range.count, length, inner)
    }
    withExtendedLifetime(x) {}
    return turned(result)
  }

  func pullback(_ g: AnyTensor, _ saved: Saved) -> OperandGradients {
    let opposite = Cumulative(isProduct: false, axis: axis, fromBack: !fromBack)
    if !isProduct { return OperandGradients(apply(opposite, g)) }
    let x = saved.operand(0)
    if x.hasZeros { return OperandGradients(stepByStep(x).pullback([g])[0]) }
    return OperandGradients(apply(opposite, g * apply(self, x)) / x)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    guard let tangent = tangents[0] else { return nil }
    if !isProduct { return apply(self, tangent) }
    let x = saved.operand(0)
    if x.hasZeros { return stepByStep(x).differential([tangent])[0] }
    return apply(self, x) * apply(Cumulative(isProduct: false, axis: axis, fromBack: fromBack), tangent / x)
  }

  /// The products as recorded multiplications, one a position: the derivative that needs no division.
  private func stepByStep(_ x: AnyTensor) -> Linearization {
    let (axis, length) = (axis, x.shape.axes[axis])
    let fromBack = fromBack
    return Linearization(at: [x]) { operands in
      let parts = (0..<length).map { place in
        apply(Slice(axis: axis, start: fromBack ? length - 1 - place : place, step: 1, count: 1), operands[0])
      }
      var products = [parts[0]]
      for part in parts.dropFirst() { products.append(products.last! * part) }
      if fromBack { products.reverse() }
      return [apply(Concatenate(products, axis: axis), Operands(products))]
    }
  }

  static var samples: [Sample] {
    func sample(_ label: String, _ primitive: Cumulative, _ shape: Shape, zeroAt hole: Int? = nil) -> Sample {
      // A hole puts exact zeros into the operand, where a product's derivative cannot be had by division.
      let mask: @Sendable ([Double]) -> [Double] = { values in
        values.enumerated().map { index, value in hole.map { index % 5 == $0 } ?? false ? 0 : value }
      }
      return Sample(
        label, [.init(shape)],
        apply: { operands in
          var x = operands[0]
          if hole != nil {
            let ones = mask(Array(repeating: 1, count: shape.elementCount))
            let factor = ones.withUnsafeBytes { AnyTensor(shape: shape, scalarType: .float64, bytes: $0) }
            x = x * factor.converted(to: x.scalarType)
          }
          return apply(primitive, x)
        },
        reference: { o in
          let x = Reference(o[0].shape, mask(o[0].values))
          let axis = primitive.axis
          return Reference(x.shape) { index in
            let places = primitive.fromBack ? Array(index[axis]..<x.shape[axis]) : Array(0...index[axis])
            return places.reduce(primitive.isProduct ? 1 : 0) { total, place in
              var other = index
              other[axis] = place
              return primitive.isProduct ? total * x[other] : total + x[other]
            }
          }
        })
    }
    return [
      sample("sum along 0", Cumulative(isProduct: false, axis: 0), [4, 3]),
      sample("sum along 1", Cumulative(isProduct: false, axis: 1), [2, 5, 2]),
      sample("sum from the back", Cumulative(isProduct: false, axis: 1, fromBack: true), [3, 4]),
      sample("product along 1", Cumulative(isProduct: true, axis: 1), [3, 4]),
      sample("product from the back", Cumulative(isProduct: true, axis: 0, fromBack: true), [4, 3]),
      sample("product with zeros", Cumulative(isProduct: true, axis: 1), [2, 5], zeroAt: 2),
    ]
  }
}

extension AnyTensor {
  /// Whether an element is exactly zero.
  var hasZeros: Bool {
    let isZero = detached().compared(.equal, scalar(0))
    let any = apply(Reduction(.any, allOf: rank), isZero)
    // The storage must live while it is read.
    return withExtendedLifetime(any) { any.body.pointer.load(as: Bool.self) }
  }
}
