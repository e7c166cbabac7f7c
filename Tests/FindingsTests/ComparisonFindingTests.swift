import Findings
import Testing

@Suite struct ComparisonFindingTests {
  private static func compared(_ loss: Double, _ half: Double = 0.01, count: Int = 100) -> ComparedScore {
    ComparedScore(
      before: 0.9, after: 0.9 - loss, loss: Estimate(loss, low: loss - half, high: loss + half), pValue: 0.001, lost: 9,
      gained: 1, count: count)
  }

  private static let finding = ComparisonFinding(
    before: "a.csv", after: "b.csv", columns: [.init(role: "id", name: "image")], score: .accuracy,
    whole: compared(0.08), chance: 0.5, groupedBy: "label",
    groups: [.init("few", compared(0.5, count: 49)), .init("dog", compared(-0.05)), .init("cat", compared(0.1))],
    changed: [.init(id: "7", label: "cat", before: "cat", after: "dog", isLost: true)])

  @Test func aBudgetIsExceededWhereTheWholeIntervalIsAboveIt() {
    #expect(Self.finding.groups.map(\.name) == ["few", "cat", "dog"])
    #expect(Self.finding.groups.map(\.compared.change) == [.none, .loss, .gain])
    // 0.08 ± 0.01: 0.069 is below the interval, 0.0701 is in it.
    #expect(Self.finding.judged(allowing: 0.069, ofGroups: nil).judgement?.isExceeded == true)
    #expect(Self.finding.judged(allowing: 0.0701, ofGroups: nil).judgement?.isExceeded == false)
    let parts = Self.finding.judged(allowing: 0.2, ofGroups: 0.05).judgement?.parts ?? []
    #expect(parts.map(\.group) == [nil, "few", "cat", "dog"])
    #expect(parts.map(\.verdict) == [.kept, .unjudged, .exceeded, .kept])
    #expect(parts.map(\.allowed) == [0.2, 0.05, 0.05, 0.05])
    #expect(Self.finding.judged(allowing: nil, ofGroups: nil).judgement == nil)
  }

  /// 0.08 of the 0.4 above chance.
  @Test func theJSONSaysWhatIsEstablished() throws {
    #expect(abs((Self.finding.relative ?? 0) - 0.2) < 1e-12)
    let finding = Self.finding.judged(allowing: 0.02, ofGroups: nil)
    let json = try FindingEncoder.encode(finding)
    #expect(json["whole"]?["change"] == "loss" && json["whole"]?["lost"] == 9)
    #expect(json["judgement"]?["parts"] == [["group": nil, "allowed": 0.02, "verdict": "exceeded"]])
    guard case .array(let groups)? = json["groups"] else { throw FindingFault.noGroups }
    #expect(groups[0]["group"] == "few" && groups[0]["tooLittle"] == "few examples" && groups[1]["change"] == "loss")
    #expect(try FindingDecoder.decode(ComparisonFinding.self, from: json.serialized()) == finding)
  }

  private enum FindingFault: Error { case noGroups }
}
