import Findings
import Testing

@Suite struct TooLittleTests {
  private func forgetting(before: Double, count: Int, chance: Double = 0.1, score: Score = .accuracy) -> Forgetting {
    Forgetting(
      score: score, epoch: 1, before: before, after: before - 0.08, final: 0.08, low: 0.05, high: 0.11,
      pairedPValue: 1e-6, sourceCount: count, chance: chance)
  }

  @Test func fewExamplesEstablishNothing() {
    #expect(forgetting(before: 0.9, count: 49).tooLittle == .fewExamples)
    #expect(forgetting(before: 0.9, count: 49).change == .none)
    #expect(forgetting(before: 0.9, count: 50).tooLittle == nil && forgetting(before: 0.9, count: 50).change == .loss)
  }

  @Test func aSourceThatWasNeverKnownCannotBeForgotten() {
    // 60 of 500 with probability 0.1 or better: p = 0.0810 (scipy.stats.binomtest, alternative greater); 65: p = 0.0180.
    #expect(forgetting(before: 0.12, count: 500).tooLittle == .sourceAtChance)
    #expect(forgetting(before: 0.13, count: 500).tooLittle == nil)
    // Where nine of ten examples are of one class, 90 % is what naming it gives.
    #expect(forgetting(before: 0.9, count: 500, chance: 0.9).tooLittle == .sourceAtChance)
    // Agreement has no chance level.
    #expect(forgetting(before: 0.1, count: 500, score: .agreement).tooLittle == nil)
  }

  @Test func whatIsSaidIsInTheJSON() throws {
    let few = try FindingEncoder.encode(forgetting(before: 0.9, count: 12))
    #expect(few["change"]?.serialized() == #""none""# && few["tooLittle"]?.serialized() == #""few examples""#)
    let enough = try FindingEncoder.encode(forgetting(before: 0.9, count: 500))
    #expect(enough["change"]?.serialized() == #""loss""# && (enough["tooLittle"] ?? .null).serialized() == "null")
    #expect(try FindingDecoder.decode(Forgetting.self, from: enough).change == .loss)
    let diagnosis = DiagnosisFinding(
      sourceTask: "photos", forgetting: ForgottenAmount(forgetting(before: 0.9, count: 12)),
      measuredOn: JudgedCounts(source: 12), firstSignificantEpoch: 1)
    let text = try FindingEncoder.encode(diagnosis)
    #expect(text["forgetting"]?["tooLittle"]?.serialized() == #""few examples""#)
    #expect((text["firstSignificantEpoch"] ?? .null).serialized() == "null")
  }

  @Test func seedsOfTooFewExamplesEstablishNothing() throws {
    func runs(of count: Int) -> [RunFinding] {
      [0.1, 0.11, 0.12].enumerated().map { seed, loss in
        RunFinding(
          run: "run\(seed)", sourceTask: "old", targetTask: "new", epochs: [],
          forgetting: Forgetting(epoch: 1, before: 0.9, after: 0.9 - loss, final: loss, sourceCount: count),
          configuration: [.init("seed", "\(seed)")])
      }
    }
    let (few, enough) = (SeededRuns.groups(of: runs(of: 12)), SeededRuns.groups(of: runs(of: 500)))
    #expect(few.count == 1 && few[0].loss == nil && few[0].tooLittle == .fewExamples)
    #expect(enough[0].loss?.isMore == true && enough[0].tooLittle == nil)
  }
}
