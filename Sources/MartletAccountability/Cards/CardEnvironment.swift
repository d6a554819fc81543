import MartletCore
import MartletFormats
import MartletPlatform
import MartletText

// What a program knows of itself and of its machine.

extension ModelCard.Software {
  /// This program.
  static func current() -> ModelCard.Software {
    let program = CommandLine.arguments.first?.split(separator: "/").last.map(String.init)
    return ModelCard.Software(
      martlet: martletVersion, swift: swiftVersion, blas: "\(OpenBLAS.configuration), kernels \(OpenBLAS.core)",
      program: program, commit: GitRepository(around: ".")?.commit)
  }

  private static var swiftVersion: String {
    #if compiler(>=6.5)
      "6.5 or later"
    #elseif compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }
}

extension ModelCard.Machine {
  /// This machine.
  static func current() -> ModelCard.Machine {
    var names = utsname()
    uname(&names)
    let system = [text(names.sysname), text(names.release), text(names.machine)].joined(separator: " ")
    let memory = Int(mk_physical_memory())
    return ModelCard.Machine(
      system: system, processor: Processor.model, threads: Threads.account, memoryBytes: memory > 0 ? memory : nil)
  }

  /// The text in a C array of characters, which Swift sees as a tuple.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

/// The Git repository that a folder is in, as its files tell of it.
struct GitRepository: Equatable {
  /// The commit that is checked out; changes since are not seen. Nil where there is none.
  let commit: String?

  /// Looks in the folder and in those that it is in; nil where none has a repository.
  init?(around folder: String) {
    guard let start = realpath(folder, nil) else { return nil }
    var path = String(cString: start)
    free(start)
    while true {
      let place = path == "/" ? "/.git" : path + "/.git"
      if let repository = Self.directory(of: place) {
        commit = Self.commit(in: repository)
        return
      }
      guard path != "/", let slash = path.lastIndex(of: "/") else { return nil }
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
  }

  /// The repository's directory: the place itself, or what a file there leads to, as in a second working tree.
  private static func directory(of place: String) -> String? {
    var status = stat()
    if stat(place, &status) != 0 { return nil }
    if status.st_mode & S_IFMT == S_IFDIR { return place }
    guard let line = lines(of: place).first, line.hasPrefix("gitdir: ") else { return nil }
    let target = String(line.dropFirst("gitdir: ".count))
    return target.hasPrefix("/") ? target : String(place.dropLast(".git".count)) + target
  }

  private static func commit(in repository: String) -> String? {
    guard let head = lines(of: repository + "/HEAD").first else { return nil }
    guard head.hasPrefix("ref: ") else { return hash(head) }
    let reference = String(head.dropFirst("ref: ".count))
    var places = [repository]
    if let common = lines(of: repository + "/commondir").first {
      places.append(common.hasPrefix("/") ? common : repository + "/" + common)
    }
    for place in places {
      if let found = lines(of: place + "/" + reference).first.flatMap(hash) { return found }
      let packed = lines(of: place + "/packed-refs").first { $0.hasSuffix(" " + reference) }
      if let found = packed?.split(separator: " ").first.flatMap({ hash(String($0)) }) { return found }
    }
    return nil
  }

  /// A commit's hash, SHA-1 or SHA-256; nil for any other text.
  private static func hash(_ text: String) -> String? {
    let isHash = [40, 64].contains(text.count) && text.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    return isHash ? text : nil
  }

  /// The lines of a file of at most 4 MB; none where it cannot be read.
  private static func lines(of path: String) -> [String] {
    let text = try? InputFile.read(path) { (file) throws(FormatError) in
      String(decoding: try file.prefix(4 << 20), as: UTF8.self)
    }
    return text?.split(separator: "\n").map(String.init) ?? []
  }
}

/// The time in UTC, `2026-11-28T01:15:00Z`.
func timestamp(_ time: Int = time(nil)) -> String {
  var (seconds, parts) = (time_t(time), tm())
  gmtime_r(&seconds, &parts)
  func two(_ number: Int32) -> String { "\(number)".leftPadded(to: 2, by: "0") }
  let day = "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  return "\(day)T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
}
