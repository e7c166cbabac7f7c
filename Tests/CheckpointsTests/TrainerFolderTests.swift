import TestSupport
import Testing

@testable import Checkpoints

@Suite struct TrainerFolderTests {
  /// Tensors that did not change are links to an earlier checkpoint beside it, which is not copied.
  @Test func theCopyOfACheckpointOfOursHasAllOfItsTensors() throws {
    let (folder, copies) = (try TemporaryFolder(), try TemporaryFolder())
    var checkpoint = try makeCheckpoint()
    try checkpoint.write(to: folder.file("epoch-0000.h5"))
    let head = checkpoint.program.headParameterNames
    let changed = try #require(checkpoint.parameters.keys.sorted().first { !head.contains($0) })
    let shape = try #require(checkpoint.parameters[changed]).shape
    checkpoint.parameters[changed] = random(shape)
    try checkpoint.write(to: folder.file("epoch-0001.h5"), unchangedFrom: folder.file("epoch-0000.h5"))

    let entries = try TrainerFolder(folder.path).entries()
    #expect(entries.map(\.name) == ["epoch-0000.h5", "epoch-0001.h5"] && entries.map(\.epoch) == [0, 1])
    let copy = try #require(try TrainerFolder(folder.path).copy(entries[1], to: copies.file("copy")))
    #expect(try Checkpoint(contentsOf: copy).parameters == checkpoint.parameters)
  }
}
