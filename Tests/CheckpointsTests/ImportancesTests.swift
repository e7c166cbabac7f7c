import TestSupport
import Testing

@testable import Checkpoints

@Suite struct ImportancesTests {
  @Test func importancesSurviveAFileAndAreChecked() throws {
    var checkpoint = try makeCheckpoint()
    let name = "layers.0.weight"
    let values = random(try #require(checkpoint.parameters[name]).shape)
    checkpoint.importances = ["si": [name: values]]
    let folder = try TemporaryFolder()
    let path = folder.file("model.h5")
    try checkpoint.write(to: path)
    let read = try Checkpoint(contentsOf: path)
    #expect(try #require(read.importances["si"]?[name]).isIdentical(to: values))
    #expect(try Verification.check(path).problems.isEmpty)

    checkpoint.importances = ["si": [name: random([3])]]
    #expect(throws: CheckpointError.self) { try checkpoint.write(to: folder.file("shape.h5")) }
    checkpoint.importances = ["si": ["nothing": values]]
    #expect(
      throws: CheckpointError.unexpectedTensor(tensor: "importances/si/nothing", file: folder.file("name.h5"))
    ) { try checkpoint.write(to: folder.file("name.h5")) }
  }
}
