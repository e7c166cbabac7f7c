import Findings
import Foundation
import Metrics
import TestSupport
import Testing

/// Every evidence there can be of a layer, each with the one verdict that it licenses.
@Suite struct LayerVerdictTests {
  private typealias Rule = (verdict: LayerVerdict, licence: @Sendable (LayerEvidence) -> Bool)

  private static let all: [LayerEvidence] = LayerEvidence.Source.allCases.flatMap { source in
    LayerEvidence.Rewind.allCases.flatMap { rewind in
      LayerEvidence.Information.allCases.flatMap { information in
        LayerEvidence.Features.allCases.flatMap { features in
          LayerEvidence.Drift.allCases.map { drift in
            LayerEvidence(source: source, rewind: rewind, information: information, features: features, drift: drift)
          }
        }
      }
    }
  }

  /// The table: what each verdict says is established, and nothing that a stronger one would say.
  private static let rules: [Rule] = [
    (.notJudged, { $0.source == .notJudged }),
    (.exceeds, { $0.source != .notJudged && $0.rewind == .exceeds }),
    (.lostHere, { $0.source == .lost && $0.rewind == .regains && $0.drift == .ordinary }),
    (.critical, { $0.source == .lost && $0.rewind == .regains && $0.drift != .ordinary }),
    (.lostTogether, { $0.source == .lost && $0.rewind == .withOthers }),
    (.informationGone, { isOpen($0) && $0.source == .lost && $0.information == .gone }),
    (.informationGoneBelow, { isOpen($0) && $0.source == .lost && $0.information == .goneBelow }),
    (
      .informationGoneUnfelt,
      { isOpen($0) && $0.source != .lost && ($0.information == .gone || $0.information == .goneBelow) }
    ),
    (.littleLostHere, { isOpen($0) && keepsInformation($0) && $0.source == .lost && $0.rewind == .little }),
    (.informationIntact, { isQuiet($0) && $0.information == .intact && $0.features == .changed }),
    (
      .changedInVain,
      { isQuiet($0) && isUnread($0) && $0.features == .changed && $0.source == .lost && $0.rewind == .nothing }
    ),
    (
      .changed,
      { isQuiet($0) && isUnread($0) && $0.features == .changed && $0.source == .lost && $0.rewind != .nothing }
    ),
    (.changedWithoutLoss, { isQuiet($0) && isUnread($0) && $0.features == .changed && $0.source != .lost }),
    (
      .harmless,
      { isQuiet($0) && $0.information == .intact && $0.rewind == .nothing && $0.drift == .ordinary && isSteady($0) }
    ),
    (
      .driftedInVain,
      {
        isQuiet($0) && isUnread($0) && $0.rewind == .nothing && $0.drift == .ordinary && isSteady($0)
          && $0.source == .lost
      }
    ),
    (
      .drifted,
      { isQuiet($0) && $0.rewind != .nothing && $0.drift == .ordinary && isSteady($0) && $0.source == .lost }
    ),
    (
      .driftedWithoutLoss,
      {
        isQuiet($0) && $0.drift == .ordinary && isSteady($0) && $0.source != .lost
          && !($0.information == .intact && $0.rewind == .nothing)
      }
    ),
    (.unchanged, { isQuiet($0) && $0.drift != .ordinary && $0.features == .alike }),
    (
      .littleDrift, { isQuiet($0) && $0.drift != .ordinary && ($0.features == .unclear || $0.features == .notMeasured) }
    ),
  ]

  /// It was judged, and rewinding says neither that it was lost here nor that more comes back than was lost.
  private static func isOpen(_ evidence: LayerEvidence) -> Bool {
    guard evidence.source != .notJudged, evidence.rewind != .exceeds else { return false }
    return evidence.source != .lost || (evidence.rewind != .regains && evidence.rewind != .withOthers)
  }

  private static func keepsInformation(_ evidence: LayerEvidence) -> Bool {
    evidence.information != .gone && evidence.information != .goneBelow
  }

  /// Nothing is established to be lost by the layer.
  private static func isQuiet(_ evidence: LayerEvidence) -> Bool {
    isOpen(evidence) && keepsInformation(evidence) && !(evidence.source == .lost && evidence.rewind == .little)
  }

  private static func isUnread(_ evidence: LayerEvidence) -> Bool {
    evidence.information == .notMeasured || evidence.information == .unclear
  }

  private static func isSteady(_ evidence: LayerEvidence) -> Bool { evidence.features != .changed }

  @Test func everyEvidenceHasTheOneVerdictItLicenses() {
    #expect(Self.all.count == 4 * 6 * 5 * 4 * 3)
    var given: Set<LayerVerdict> = []
    for evidence in Self.all {
      let licensed = Self.rules.filter { $0.licence(evidence) }.map(\.verdict)
      let verdict = LayerVerdict(evidence)
      #expect(licensed == [verdict], "\(evidence): \(verdict)")
      given.insert(verdict)
    }
    #expect(given == Set(LayerVerdict.allCases) && Self.rules.count == LayerVerdict.allCases.count)
  }

  @Test func whatIsNotEstablishedIsNotSaid() {
    for evidence in Self.all {
      let words = LayerVerdict(evidence).rawValue
      if words.contains("intact") || words.contains("harmless") { #expect(evidence.information == .intact) }
      if words.contains("gone") { #expect(evidence.information == .gone || evidence.information == .goneBelow) }
      if words.contains("by way of layers below") { #expect(evidence.information == .goneBelow) }
      if words.contains("lost here") { #expect(evidence.source == .lost) }
      if words.contains("similarity fell") { #expect(evidence.features == .changed) }
      if words.contains("regains nothing") { #expect(evidence.rewind == .nothing) }
      if words.contains("no loss established") { #expect(evidence.source != .lost) }
      if evidence.source == .notJudged { #expect(words == "not judged") }
    }
  }

  // MARK: From numbers

  /// A layer among two that drifted by 1, judged where 0.2 was lost unless told otherwise.
  private func verdict(
    drift: Double = 1, cka: Estimate = Estimate(1, low: 1, high: 1), drop: Estimate = .unmeasured,
    gain: Estimate = Estimate(0, low: -0.001, high: 0.001), lost: Double = 0.2, p: Double = 0.001, count: Int = 1000,
    isInSet: Bool = false, below: Estimate = .unmeasured
  ) -> LayerVerdict {
    func layer(_ drift: Double, _ drop: Estimate, _ gain: Estimate) -> DiagnosedLayer {
      DiagnosedLayer(layer: "x", drift: drift, similarity: cka, probeDrop: drop, gain: gain, isInSmallestSet: isInSet)
    }
    let still = Estimate(0, low: 0, high: 0)
    let finding = DiagnosisFinding(
      sourceTask: "s",
      forgetting: ForgottenAmount(
        Forgetting(
          epoch: 1, before: 0.9, after: 0.9 - lost, final: lost, low: lost - 0.05, high: lost + 0.05, pairedPValue: p,
          sourceCount: count, chance: 0.1)), measuredOn: JudgedCounts(source: count),
      layers: [layer(1, below, still), layer(drift, drop, gain), layer(1, .unmeasured, still)])
    return finding.layers[1].verdict
  }

  private func about(_ value: Double, _ width: Double = 0.005) -> Estimate {
    Estimate(value, low: value - width, high: value + width)
  }

  @Test func numbersBecomeVerdicts() {
    // 0.2 lost: a layer counts from 0.02 on.
    #expect(verdict(gain: about(0.03)) == .lostHere)
    #expect(verdict(drift: 0.4, gain: about(0.03)) == .critical)
    #expect(verdict(gain: about(0.03, 0.03)) == .drifted)
    #expect(verdict(gain: about(0.015)) == .littleLostHere)
    #expect(verdict(gain: about(0.3)) == .exceeds)
    #expect(verdict(isInSet: true) == .lostTogether)
    #expect(verdict() == .driftedInVain && verdict(drop: about(0)) == .harmless)
    #expect(verdict(drift: 0.4) == .unchanged && verdict(drift: 0.4, cka: .unmeasured) == .littleDrift)
    let changed = about(0.8, 0.05)
    #expect(verdict(cka: changed, drop: about(0)) == .informationIntact)
    #expect(verdict(cka: changed) == .changedInVain)
    #expect(verdict(cka: about(0.88, 0.05), drop: about(0)) == .harmless)
    #expect(verdict(cka: changed, gain: about(0.005, 0.03)) == .changed)
  }

  @Test func aProbeThatFellIsNeitherHarmlessNorIntact() {
    // Probes that fell 18 and 30 points were once called harmless.
    for fall in [0.18, 0.3] {
      #expect(verdict(drop: about(fall)) == .informationGone)
      #expect(verdict(cka: about(0.5, 0.05), drop: about(fall)) == .informationGone)
      #expect(verdict(drop: about(fall), below: about(fall)) == .informationGoneBelow)
      #expect(verdict(drop: about(fall), lost: 0.01, p: 0.3) == .informationGoneUnfelt)
    }
    // Without an interval nothing of it is established.
    #expect(verdict(drop: Estimate(0.18)) == .driftedInVain)
  }

  @Test func nothingIsLostHereWhereNothingWasLost() {
    #expect(verdict(gain: about(0.03), lost: 0.01, p: 0.3) == .exceeds)
    #expect(verdict(gain: about(0.005), lost: 0.01, p: 0.3) == .driftedWithoutLoss)
    #expect(verdict(gain: about(0.03), lost: -0.1) == .exceeds)
    #expect(verdict(gain: about(0.3), count: 49) == .notJudged)
    #expect(verdict(lost: -0.1, isInSet: true) == .driftedWithoutLoss)
  }
}

@Suite struct VerdictArticleTests {
  @Test func theArticleListsEveryVerdictOnce() throws {
    let article = try Repository.text("Sources/Analysis/Analysis.docc/Where-did-the-accuracy-go.md")
    let rows = article.split(separator: "\n").filter { $0.hasPrefix("| ") }
      .compactMap { $0.dropFirst(2).components(separatedBy: " | ").first }
    for verdict in LayerVerdict.allCases {
      #expect(rows.count { $0 == verdict.rawValue } == 1, "\(verdict.rawValue)")
    }
  }
}
