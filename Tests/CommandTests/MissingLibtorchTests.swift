import Foundation
import TestSupport
import Testing

/// A chosen libtorch that is not there, or is none: one line, and no other is taken in its place.
@Suite struct MissingLibtorchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func new(with libtorch: String) throws -> Command {
    try Command(
      ["new", "mlp", "--input", "1x2x2", "--classes", "2", "-o", folder.file("base.h5")],
      environment: ["LIBTORCH": libtorch])
  }

  @Test func onePlaceIsNamedThatHasNone() throws {
    let command = try new(with: "/none")
    #expect(command.status == 70 && command.output.isEmpty)
    #expect(
      command.errors
        == "lethe: libtorch is not available: none was found; looked at LIBTORCH=/none; run `make setup` and `make build`, "
        + "or let LIBTORCH name its folder\n")
    #expect(try folder.names.isEmpty)
  }

  @Test func theLoadersReasonIsSaidOfOneThatCannotBeOpened() throws {
    let library = folder.file("lib/libtorch.so")
    try FileManager.default.createDirectory(atPath: folder.file("lib"), withIntermediateDirectories: true)
    try Data("no library".utf8).write(to: URL(fileURLWithPath: library))
    let command = try new(with: folder.path)
    #expect(command.status == 70)
    #expect(
      command.errors.hasPrefix("lethe: libtorch is not available: \(library): file too short; looked at LIBTORCH="),
      "\(command.errors)")
  }
}
