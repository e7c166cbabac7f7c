import Testing
import Torch

@Suite struct LibraryTests {
  @Test func libtorchSaysItsVersion() throws {
    try Library.open()
    let parts = try Library.version().split(separator: ".")
    #expect(parts.count >= 3 && parts.prefix(2).allSatisfy { Int($0) != nil }, "\(parts)")
  }

  @Test func theThreadCountIsWhatWasSet() throws {
    let before = try Library.threadCount()
    defer { try? Library.setThreadCount(before) }
    try Library.setThreadCount(before + 1)
    #expect(try Library.threadCount() == before + 1)
  }

  @Test func anErrorSaysWhatToDo() {
    #expect(
      TorchError.unavailable(reason: "not found").description
        == "libtorch is not available (not found); run `make setup` and `make build`")
    #expect(TorchError.failed(operation: "aten::mm", message: "shapes").description == "aten::mm: shapes")
  }
}
