import Testing

@testable import LetheCommand

@Suite struct ConsoleTests {
  private func heard(_ body: () -> Void) -> String {
    final class Heard: @unchecked Sendable {
      // One thread at a time: the one of the test.
      var text = ""
    }
    let heard = Heard()
    Console.$streams.withValue(
      Console.Streams(output: { heard.text += $0 }, errors: { heard.text += $0 }), operation: body)
    return heard.text
  }

  @Test func aNameFromAFileBeginsNoLineOfItsOwn() {
    let name = "w\nlethe: all well\u{1B}[31m"
    #expect(heard { Console.error("a.h5: \(name)") } == #"lethe: a.h5: w\nlethe: all well\u{1B}[31m"# + "\n")
    #expect(heard { Console.result("head \(name)") } == #"head w\nlethe: all well\u{1B}[31m"# + "\n")
    #expect(heard { Console.paragraph("task \(name)") }.split(separator: "\n").count == 1)
  }

  @Test func whatIsNoControlCharacterStaysAsItIs() {
    #expect(Console.printable("blätter · 95\u{a0}% 👩‍👩‍👧 ×") == "blätter · 95\u{a0}% 👩‍👩‍👧 ×")
    #expect(Console.printable("a\u{202E}b\tc\u{85}") == #"a\u{202E}b\tc\u{0085}"#)
  }
}
