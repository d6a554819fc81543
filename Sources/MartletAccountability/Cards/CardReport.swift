import MartletFormats
import MartletText

/// What `martlet card` prints, and its exit code: 0, 1 for a card that is not sound, 2 where a card cannot be read.
package struct CardReport: Equatable {
  /// How a card is printed.
  package enum Form: Sendable {
    case markdown
    case json
  }

  package let text: String
  package let exitCode: Int32

  /// A model's card.
  package static func card(of path: String, as form: Form) -> CardReport {
    reading {
      let card = try ModelCard(from: path)
      return CardReport(text: form == .json ? card.json : card.markdown, exitCode: 0)
    }
  }

  /// What is missing in a model's card, or contradicts itself or the file.
  package static func check(of path: String) -> CardReport {
    reading {
      let check = try CardCheck(of: path)
      return CardReport(text: "\(path):\n\(check)\n", exitCode: check.isSound ? 0 : 1)
    }
  }

  /// Two models' cards beside each other.
  package static func comparison(of first: String, with second: String) -> CardReport {
    reading {
      let comparison = ModelCardComparison(try ModelCard(from: first), try ModelCard(from: second))
      return CardReport(text: comparison.description, exitCode: 0)
    }
  }

  private static func reading(_ body: () throws -> CardReport) -> CardReport {
    do { return try body() } catch { return CardReport(text: "\(error)\n", exitCode: 2) }
  }
}
