import MartletCore
import MartletText

/// Named tensors for a model, each of which is taken once.
struct GivenTensors {
  private var tensors: [ExactName: AnyTensor]

  /// If several tensors have the same name, the last counts.
  init(_ tensors: [(name: String, tensor: AnyTensor)]) {
    self.tensors = Dictionary(tensors.map { (ExactName($0.name), $0.tensor) }, uniquingKeysWith: { _, last in last })
  }

  func contains(_ name: String) -> Bool { tensors[ExactName(name)] != nil }

  mutating func take(_ name: String) -> AnyTensor? { tensors.removeValue(forKey: ExactName(name)) }

  /// The problems that were found, and one for each tensor that was not taken. A tensor whose name differs only in
  /// Unicode normalisation from a missing name, or from one of `others`, which could have been there, makes one problem
  /// with that name.
  func problems(with found: [ModuleError.Problem], others: [String] = []) -> [ModuleError.Problem] {
    var problems = found
    // The keys are strings, which are equal if they look the same.
    var absent: [String: (name: String, index: Int?)] = [:]
    for name in others { absent[name] = (name, nil) }
    for (index, problem) in found.enumerated() {
      if case .missing(let name, _) = problem { absent[name] = (name, index) }
    }
    for (name, tensor) in tensors.sorted(by: { PathOrder.precedes($0.key.text, $1.key.text) }) {
      if let (wanted, index) = absent.removeValue(forKey: name.text) {
        let problem = ModuleError.Problem.spelling(name: wanted, found: name.text)
        if let index { problems[index] = problem } else { problems.append(problem) }
      } else {
        problems.append(.unexpected(name: name.text, shape: tensor.shape))
      }
    }
    return problems
  }
}
