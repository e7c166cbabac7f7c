import Testing

@testable import Torch

@Suite struct LibraryTests {
  @Test func libtorchSaysItsVersion() throws {
    try Library.open()
    let parts = try Library.version().split(separator: ".")
    #expect(parts.count >= 3 && parts.prefix(2).allSatisfy { Int($0) != nil }, "\(parts)")
  }

  @Test func aVersionIsReadFromTextAndFromBits() {
    // libtorch 2.14.1 says 0x020e010000000000.
    let version = LibraryVersion(bits: 0x020E_0100_0000_0000)
    #expect(version.description == "2.14.1" && version.release == "2.14")
    #expect(LibraryVersion("2.14.1+cu132") == version && LibraryVersion("2.14.1a0") == version)
    #expect(LibraryVersion("2.14") == nil && LibraryVersion("unknown") == nil)
  }

  @Test func theThreadCountIsWhatWasSet() throws {
    let before = try Library.threadCount()
    defer { try? Library.setThreadCount(before) }
    try Library.setThreadCount(before + 1)
    #expect(try Library.threadCount() == before + 1)
  }

  @Test func anErrorSaysWhatToDo() {
    #expect(
      TorchError.unavailable(reason: "none was found", installation: .checkout).description
        == "libtorch is not available: none was found; run `make setup` and `make build`, or let LIBTORCH name its folder"
    )
    #expect(
      TorchError.unavailable(reason: "none was found", installation: .wheel).description
        == "libtorch is not available: none was found; run `pip install torch`, or let LIBTORCH name its folder")
    #expect(
      TorchError.otherVersion(
        built: ["2.13"], found: "2.15", library: "/torch/lib/libtorch.so", installation: .checkout
      ).description
        == "/torch/lib/libtorch.so is libtorch 2.15, and Lethe was built for 2.13; build it for this one with "
        + "`LIBTORCH=FOLDER make build`, or let LIBTORCH name a libtorch 2.13")
    #expect(
      TorchError.otherVersion(
        built: ["2.13", "2.15"], found: "2.16", library: "/torch/lib/libtorch.so", installation: .wheel
      ).description
        == "/torch/lib/libtorch.so is libtorch 2.16, and Lethe was built for 2.13, 2.15; run `pip install "
        + "'torch==2.15.*'`, or let LIBTORCH name a libtorch 2.13 or 2.15")
    #expect(TorchError.failed(operation: "aten::mm", message: "shapes").description == "aten::mm: shapes")
  }
}
