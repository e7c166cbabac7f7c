import Findings

/// Scores of tasks that are no classification: nats, shares and numbers, more of which is better or worse.
enum OtherScores {
  static let all: [Score] = [
    Score(name: "nats_per_token", unit: .natsPerToken, direction: .down),
    Score(name: "mean_iou", unit: .fraction, direction: .up),
    Score(name: "mean_average_precision", unit: .fraction, direction: .up),
    Score(name: "rmse", unit: .number, direction: .down), Score(name: "r2", unit: .number, direction: .up),
  ]
}
