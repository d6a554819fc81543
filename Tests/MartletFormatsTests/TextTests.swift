import MartletText
import Testing

/// Text that people read: amounts and tables.
@Suite struct TextTests {
  @Test(arguments: [
    (0, "0 B"), (512, "512 B"), (1023, "1023 B"), (1024, "1 KiB"), (2816, "2.75 KiB"), (1 << 20, "1 MiB"),
    ((1 << 20) - 1, "1 MiB"), (3 << 29, "1.5 GiB"), (-2048, "-2 KiB"), (100 << 30, "100 GiB"), (1 << 50, "1 PiB"),
  ]) func `an amount of memory`(count: Int, text: String) {
    #expect(NumberFormat.bytes(count) == text)
  }

  @Test func `columns are as wide as their widest cell`() {
    var table = TextTable(["name", "n"], textColumns: 1)
    table.append(["a", "1,000"])
    table.append(["größer", "2"])
    #expect(table.text == "name        n\na       1,000\ngrößer      2")
  }
}
