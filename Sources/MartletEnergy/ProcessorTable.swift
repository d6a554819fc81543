import MartletPlatform

/// The thermal design power of a kind of processor, and how many hardware threads share it.
public struct ProcessorPower: Sendable, Hashable {
  /// The name of the kind, as in the makers' lists.
  public let name: String
  /// Watts of one socket.
  public let watts: Double
  /// Hardware threads of one socket.
  public let threads: Int

  /// Watts for each hardware thread.
  public var wattsPerThread: Double { watts / Double(threads) }

  /// The kind that a brand string stands for, as in `model name` of `/proc/cpuinfo`; nil where it is not in the table.
  ///
  /// Only whole names match: `Intel Xeon Gold 6248R` is not taken for a 6248.
  public static func named(_ brand: String) -> ProcessorPower? { byName[normalized(brand)] }

  /// The least, the middle and the most watts for a hardware thread in the table: what a processor that is not in it
  /// is taken to have.
  public static let prior: (low: Double, middle: Double, high: Double) = {
    let sorted = all.map(\.wattsPerThread).sorted()
    return (sorted[0], sorted[sorted.count / 2], sorted[sorted.count - 1])
  }()

  /// All kinds in the table.
  public static let all: [ProcessorPower] = table.split(separator: "\n").map { line in
    let fields = line.split(separator: "|")
    return ProcessorPower(name: String(fields[0]), watts: Double(fields[1])!, threads: Int(fields[2])!)
  }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { (normalized($0.name), $0) })

  /// The brand without trademarks, generation, clock rate and what makers add behind the number.
  static func normalized(_ brand: String) -> String {
    var text = brand
    if let at = text.firstIndex(of: "@") { text = String(text[..<at]) }
    for mark in ["(R)", "(TM)", "(r)", "(tm)"] { text = text.replacing(mark, with: " ") }
    var words = text.split(separator: " ").map { $0.lowercased() }
    if let with = words.firstIndex(of: "with") { words = Array(words[..<with]) }
    if words.count > 2, words[1] == "gen", words[0].first?.isNumber == true { words.removeFirst(2) }
    return words.filter { !["cpu", "processor"].contains($0) && !$0.hasSuffix("-core") && !$0.hasSuffix("-cores") }
      .joined(separator: " ")
  }

  /// Watts as CodeCarbon 3.3.2 (MIT licence) collects them from the makers' lists; threads by those lists.
  private static let table = """
    AMD EPYC 7302|155|32
    AMD EPYC 7402|180|48
    AMD EPYC 7502|180|64
    AMD EPYC 7551|180|64
    AMD EPYC 7601|180|64
    AMD EPYC 7702|200|128
    AMD EPYC 7713|225|128
    AMD EPYC 7742|225|128
    AMD EPYC 7763|280|128
    AMD EPYC 7R13|225|96
    AMD EPYC 9124|200|32
    AMD EPYC 9354|280|64
    AMD EPYC 9374F|320|64
    AMD EPYC 9554|360|128
    AMD EPYC 9654|360|192
    AMD EPYC 9755|500|256
    AMD EPYC 9965|500|384
    AMD Ryzen 5 3600|65|12
    AMD Ryzen 5 5600X|65|12
    AMD Ryzen 7 3700X|65|16
    AMD Ryzen 7 5700U|15|16
    AMD Ryzen 7 5800X|105|16
    AMD Ryzen 7 7700X|105|16
    AMD Ryzen 7 7840HS|54|16
    AMD Ryzen 7 7840U|28|16
    AMD Ryzen 9 3900X|105|24
    AMD Ryzen 9 5900X|105|24
    AMD Ryzen 9 5950X|105|32
    AMD Ryzen 9 7950X|170|32
    AMD Ryzen 9 9950X|170|32
    AMD Ryzen Threadripper 3970X|280|64
    AMD Ryzen Threadripper 3990X|280|128
    AMD Ryzen Threadripper PRO 5995WX|280|128
    AMD Ryzen Threadripper PRO 7995WX|350|192
    Intel Core i5-1135G7|28|8
    Intel Core i5-8250U|15|8
    Intel Core i7-10700|65|16
    Intel Core i7-1165G7|28|8
    Intel Core i7-12700H|45|20
    Intel Core i7-8550U|15|8
    Intel Core i7-8700|65|12
    Intel Core i7-8700K|95|12
    Intel Core i7-9750H|45|12
    Intel Core i9-13900K|125|32
    Intel Core Ultra 7 155H|28|22
    Intel Xeon E-2288G|95|16
    Intel Xeon E-2388G|95|16
    Intel Xeon E5-2650 v4|105|24
    Intel Xeon E5-2670 v3|120|24
    Intel Xeon E5-2673 v4|135|40
    Intel Xeon E5-2680 v4|120|28
    Intel Xeon E5-2686 v4|145|36
    Intel Xeon E5-2690 v4|135|28
    Intel Xeon Gold 5218|125|32
    Intel Xeon Gold 6130|125|32
    Intel Xeon Gold 6148|150|40
    Intel Xeon Gold 6230|125|40
    Intel Xeon Gold 6248|150|40
    Intel Xeon Gold 6330|205|56
    Intel Xeon Gold 6338|205|64
    Intel Xeon Platinum 8175M|240|48
    Intel Xeon Platinum 8259CL|210|48
    Intel Xeon Platinum 8272CL|195|52
    Intel Xeon Platinum 8275CL|240|48
    Intel Xeon Platinum 8280|205|56
    Intel Xeon Platinum 8375C|300|64
    Intel Xeon Platinum 8380|270|80
    Intel Xeon Platinum 8480+|350|112
    Intel Xeon Platinum 8592+|350|128
    Intel Xeon Silver 4210|85|20
    Intel Xeon Silver 4314|135|32
    Intel Xeon W-2295|165|36
    """
}
