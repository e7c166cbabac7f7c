import Checkpoints
import Programs
import TestSupport
import Testing

@testable import Analysis

@Suite struct TransferCutTests {
  private func expectExactPatterns(_ program: Program, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let head = Set(program.headParameterNames)
    for cut in try program.transferCuts() {
      let frozen = try cut.frozenPatterns.flatMap { try program.parameterNames(matching: $0) }
      #expect(
        Set(frozen) == Set(cut.parameterNames), "\(cut.name): \(cut.frozenPatterns)", sourceLocation: sourceLocation)
      #expect(frozen.count == Set(frozen).count && head.isDisjoint(with: frozen), sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: ["resnet", "convnext", "vit", "swin", "bert", "densenet", "efficientnet"])
  func whatIsFrozenIsWhatIsCopied(name: String) throws {
    let folder = try TemporaryFolder()
    let path = try Repository.unpacked("programs/\(name).pt2.gz", in: folder)
    try expectExactPatterns(Checkpoint(exportedProgram: path, task: "source").program)
  }

  @Test func someCutsOfManyAreSpreadEvenly() {
    let cuts = (1...17).map {
      TransferCut(name: "\($0)", blockCount: $0, parameterNames: [], bufferNames: [], frozenPatterns: [])
    }
    // ⌈17 k / 6⌉ for k from 1 to 6.
    #expect(cuts.spread(6).map(\.blockCount) == [3, 6, 9, 12, 15, 17])
    #expect(cuts.spread(17) == cuts && cuts.spread(40) == cuts && cuts.spread(1).map(\.blockCount) == [17])
  }

  @Test func wholeModulesAreNamedOnce() throws {
    let program = try Architecture.resnet18.program(
      options: ArchitectureOptions(inputShape: [3, 32, 32], classCount: 4))
    let cuts = try program.transferCuts()
    #expect(cuts.map(\.frozenPatterns.count) == [2, 3, 4, 5, 6], "\(cuts.map(\.frozenPatterns))")
    #expect(cuts.last?.frozenPatterns == ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4"])
    try expectExactPatterns(program)
  }
}
