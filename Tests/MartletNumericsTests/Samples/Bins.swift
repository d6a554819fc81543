import MartletCore
import MartletTesting

@testable import MartletNumerics

extension Bins: SampledPrimitive {
  public static var samples: [Sample] {
    // The edges are drawn from one number, or it would not be known that they ascend: the bin is then [e, e].
    [true, false].map { isEven in
      Sample(
        isEven ? "even" : "searched", Bins(isEven: isEven),
        [.init([3, 5], transform: { ($0 * 2).rounded() / 2 }), .init([4], in: 0.5...0.5)],
        reference: { o in o[0].map { $0 == 0.5 ? 2 : 3 } }, isDifferentiable: false,
        large: (Bins(isEven: isEven), [.init([70_001]), .init([4], in: 0.5...0.5)]))
    }
  }
}

extension CountIndices: SampledPrimitive {
  public static var samples: [Sample] {
    let lengths: [(Int, ScalarType)] = [(0, .int64), (4, .int64), (4, .int32), (5, .uint8)]
    return lengths.map { length, type in
      Sample(
        "of \(length) of \(type)", CountIndices(length: length), [.init([3, 5], in: 0...6, type: type)],
        reference: { o in Reference([length]) { index in Double(o[0].values.filter { $0 == Double(index[0]) }.count) }
        },
        isDifferentiable: false,
        large: length == 0 ? nil : (CountIndices(length: length), [.init([70_001], in: 0...6, type: type)]))
    }
  }
}
