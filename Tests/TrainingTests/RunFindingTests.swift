import Checkpoints
import Findings
import TestSupport
import Testing
import Training

/// Runs that version 0.1 wrote are read for ever; what they found is that of their best epoch.
@Suite struct RunFindingTests {
  private func run(_ name: String) throws -> Run { try Run.open(Repository.fixture("runs-0.1/\(name)")) }

  @Test func everythingIsOfTheBestEpoch() throws {
    let finding = try run("best").finding
    #expect(finding.name == "best" && finding.chosenEpoch == 2 && finding.epochs.map(\.epoch) == [0, 1, 2, 3, 4])
    #expect(finding.best == RunFinding.Best(epoch: 2, rule: "target", keepsBounds: true))
    let forgetting = try #require(finding.forgetting)
    // 74 of 100 right before, 40 at epoch 2; 36 at epoch 1 is the worst.
    #expect(forgetting.epoch == 2 && forgetting.before == 0.74 && forgetting.after == 0.4)
    #expect(abs(forgetting.final - 0.34) < 1e-12 && abs(forgetting.worst - 0.38) < 1e-12)
    #expect(forgetting.lost - forgetting.gained == 34 && forgetting.sourceCount == 100)
    #expect(abs(forgetting.relative - 0.34 / (0.74 - 0.2)) < 1e-12 && abs(forgetting.area - (0.38 + 0.34) / 2) < 1e-12)
    #expect(forgetting.low < 0.34 && forgetting.high > 0.34 && forgetting.pairedPValue < 0.001)
    let (drift, similarity) = (try #require(finding.drift), try #require(finding.similarity))
    #expect(drift.epoch == 2 && drift.layers.first?.layer == "layers.0" && (drift.layers.first?.relative ?? 0) > 0.1)
    #expect(similarity.epoch == 2 && similarity.data == "fashion-mnist-small:0-4" && similarity.sampleCount == 100)
    #expect(similarity.estimator == "linear, debiased" && similarity.diagonal.map(\.layer) == ["layers.0", "layers.2"])
    #expect(similarity["layers.0"]?.value == similarity.values[0][0])
  }

  @Test func aRunOnExamplesThatStandInHasAgreementAndNothingForgotten() throws {
    let finding = try run("proxy").finding
    #expect(finding.proxyTask == "fashion-mnist-small:5-9" && finding.sourceTask == nil && finding.forgetting == nil)
    #expect(finding.after?.proxy?.agreement == 0.59 && finding.chosenEpoch == 1)
  }

  @Test func whatWasFoundIsReadBackFromItsJSON() throws {
    let finding = try run("best").finding
    let text = try FindingEncoder.encode(finding).serialized()
    let read = try FindingDecoder.decode(RunFinding.self, from: text)
    #expect(
      read.epochs == finding.epochs && read.forgetting == finding.forgetting
        && read.drift?.layers == finding.drift?.layers)
    #expect(try FindingEncoder.encode(read).serialized() == text)
    let json = try FindingEncoder.encode(finding)
    #expect(json["epochs"] != nil && json["forgetting"]?["final"] == .double(finding.forgetting?.final ?? .nan))
  }

  @Test func whatIsStoredIsOfAnEpochAndLeftOutForAnother() throws {
    let folder = try TemporaryFolder()
    var copy = try Run.create(at: folder.file("run"), record: run("best").record)
    let similarity = try #require(copy.similarity)
    try copy.store(similarity)
    #expect(try Run.open(copy.path).similarity == similarity)
    var record = copy.record
    record.state.best?.epoch = 3
    try copy.save(record)
    #expect(copy.similarity == nil && copy.drift == nil && copy.forgetting?.epoch == 3)
  }
}
