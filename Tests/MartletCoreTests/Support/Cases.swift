import Foundation
import MartletSamples
import MartletTesting

@testable import MartletCore

/// The samples of all primitives, as the generic suites' arguments.
///
/// With the environment variable `MARTLET_CASES` only those whose description contains it, to run one again:
/// `MARTLET_CASES="TopK, 3 largest" swift test --filter PrimitiveValueTests`.
enum Cases {
  static let all = PrimitiveCheck.cases(of: PrimitiveCatalogue.all + [SquaredDistances.self])

  static let chosen: [PrimitiveCheck.Case] = {
    guard let text = ProcessInfo.processInfo.environment["MARTLET_CASES"] else { return all }
    return all.filter { $0.description.contains(text) }
  }()

  static let differentiable = chosen.filter(\.sample.isDifferentiable)
}
