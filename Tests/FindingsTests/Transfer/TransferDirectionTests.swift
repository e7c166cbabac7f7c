import Findings
import Testing

/// Scores of which less is better: what is found of them is what is found of their mirror image.
@Suite struct TransferDirectionTests {
  private let nats = Score(name: "nats_per_token", unit: .natsPerToken, direction: .down)
  private let number = Score(name: "rmse", unit: .number, direction: .down)
  private let cuts = ["a", "b", "c", "d", "e"].enumerated().map {
    TransferResult.Cut(name: $1, blockCount: $0 + 1, frozenPatterns: [$1])
  }

  /// Of a score of which less is better, what is missing to 3.
  private func values(_ mean: Double, _ score: Score) -> RepeatedScore {
    let seeds: [Double] = [mean - 0.001, mean, mean + 0.001]
    return RepeatedScore(score, score.direction == .up ? seeds : seeds.map { 3 - $0 })
  }

  private func result(
    _ score: Score, base: Double, frozen: [Double], tuned: [Double]
  ) -> TransferResult {
    func curve(_ kind: TransferKind, _ means: [Double]) -> TransferResult.Curve {
      .init(
        kind: kind,
        points: zip(cuts, means).map { .init(copied: $0.blockCount, cut: $0.name, values($1, score)) })
    }
    return TransferResult(
      target: "t", cuts: cuts, schedule: TransferSchedule(epochCount: 1, learningRate: 0.1, seedCount: 3),
      exampleCount: 10, availableCount: 10, testCount: 10_000, base: values(base, score),
      curves: [curve(.transfer, frozen), curve(.transferTuned, tuned)])
  }

  @Test(arguments: [
    (0.80, [0.82, 0.80, 0.60], [0.82, 0.83, 0.84]), (0.90, [0.60, 0.60, 0.60], [0.70, 0.72, 0.71]),
    (0.80, [0.70, 0.65, 0.60], [0.82, 0.83, 0.84]),
  ])
  func adviceAndDifferencesAreThoseOfTheMirrorImage(base: Double, frozen: [Double], tuned: [Double]) {
    let accuracy = result(.accuracy, base: base, frozen: frozen, tuned: tuned)
    let loss = result(nats, base: base, frozen: frozen, tuned: tuned)
    #expect(loss.tolerance == 0.01 && accuracy.tolerance == 0.01)
    #expect(loss.advice.action == accuracy.advice.action && loss.advice.frozen == accuracy.advice.frozen)
    for (one, other) in zip(loss.differences, accuracy.differences) { #expect(abs(one.mean - other.mean) < 1e-12) }
    // The copy that is worse by 0.2 has 0.2 nats more, and is 0.2 below.
    #expect(abs((loss.deepestDifference?.difference.value ?? .nan) - (frozen[2] - base)) < 1e-12)
  }

  @Test func theScoreOfAProbeRanksTheCutsByWhatIsBetter() {
    var loss = result(nats, base: 0.8, frozen: [0.5, 0.6, 0.7, 0.8, 0.9], tuned: [0.9, 0.8, 0.7, 0.6, 0.5])
    loss.add([TransferScore(name: "linear probe", values: [2.5, 2.4, 2.3, 2.2, 2.1], score: nats)], ofNetwork: .init())
    let ranks = loss.scores[0].rankCorrelation
    #expect(abs(ranks.frozen - 1) < 1e-12 && abs(ranks.tuned + 1) < 1e-12, "\(ranks)")
  }

  @Test func theTrialToFollowHasTheLeastLoss() {
    var loss = result(nats, base: 0.8, frozen: [0.8, 0.8, 0.8], tuned: [0.8, 0.8, 0.8])
    loss.add(
      [1, 0.3].map { factor in
        TransferTrial(
          factor: factor, learningRate: factor, target: RepeatedScore(nats, [factor == 1 ? 2.0 : 2.5]),
          forgetting: RepeatedMean([factor]), sourceScore: nats)
      })
    #expect(loss.choice?.factor == 1)
    // Within a hundredth of a nat, the one that forgets least.
    loss.add(
      [1, 0.3].map { factor in
        TransferTrial(
          factor: factor, learningRate: factor, target: RepeatedScore(nats, [factor == 1 ? 2.0 : 2.009]),
          forgetting: RepeatedMean([factor]), sourceScore: nats)
      })
    #expect(loss.choice?.factor == 0.3)
  }

  @Test func aNumberMayDifferByOnePerCentOfWhatTheOwnNetworkHas() {
    #expect(
      number.tolerance(at: 250) == 2.5 && nats.tolerance(at: 250) == 0.01 && Score.accuracy.tolerance(at: 0) == 0.01)
    let own = result(number, base: -247, frozen: [0, 0, 0], tuned: [0, 0, 0])  // 250
    #expect(own.tolerance == 2.5)
    #expect(!own.areApart(250, 252) && own.areApart(250, 253))
  }

  @Test func theWayWithTheLeastLossWins() throws {
    func map(_ score: Score) -> TransferMap {
      let cells = [20, nil].map { amount in
        TransferMap.Cell(
          amount: nil, drawnCount: amount, exampleCount: 60, testCount: 64, score: score,
          values: [.head: values(0.5, score).values, .tuning: values(0.9, score).values])
      }
      return TransferMap(
        rows: [.init(target: "t", cells: cells)],
        schedule: TransferSchedule(epochCount: 1, learningRate: 0.1, seedCount: 3))
    }
    let loss = map(nats)
    #expect(loss.score == nats && loss.rows[0].cells[0].winner == nil && loss.rows[0].cells[0].leader == .tuning)
    #expect(abs(loss.rows[0].dissimilarity - 0.4) < 1e-12)
    let json = try FindingEncoder.encode(loss).serialized()
    #expect(json.contains("\"drawn\":20") && json.contains("\"nats_per_token\":") && !json.contains("accuracy"))
    let again = try FindingDecoder.decode(TransferMap.self, from: json)
    #expect(again.rows[0].cells[0].drawnCount == 20 && again.score == nats)
  }
}
