import Files
import Testing

@Suite struct CSVTextTests {
  @Test func fieldsAreAsRFC4180HasThem() {
    #expect(
      CSVText.rows(of: "a, b ,c\r\n1,\"x, \"\"y\"\"\nz\", 3\r\n\r\n,,") == [
        ["a", "b", "c"], ["1", "x, \"y\"\nz", "3"], ["", "", ""],
      ])
    #expect(CSVText.rows(of: "\u{FEFF}id\nü \n\u{A0}é\u{A0}\n") == [["id"], ["ü"], ["é"]])
    #expect(CSVText.rows(of: "a,\" b \"\r1,") == [["a", " b "], ["1", ""]])
    #expect(CSVText.rows(of: "").isEmpty)
  }
}
