import Findings
import Foundation
import Reports

/// Lines about networks that are trained one after the other.
final class TransferProgress {
  private let total: Int
  private let score: Score
  private let isSilent: Bool
  private let began = Date()
  private var started = Date()
  private var (done, trained) = (0, 0)

  init(total: Int, score: Score, isSilent: Bool) {
    self.score = score
    self.total = total
    self.isSilent = isSilent
  }

  /// Told a network before it is trained and, with its score, afterwards.
  func show(_ title: String, seed: UInt64, _ value: Double?) {
    guard let value else {
      started = Date()
      return
    }
    done += 1
    let seconds = Date().timeIntervalSince(started)
    // One that was there already took no time worth counting.
    if seconds > 0.05 { trained += 1 }
    guard !isSilent else { return }
    let rest = trained == 0 ? 0 : Date().timeIntervalSince(began) / Double(trained) * Double(total - done)
    Console.say(
      "\(done)/\(total) \(title), seed \(seed): \(score.text(value)) · \(NumberText.fixed(seconds, 0)) s"
        + (done < total ? " · about \(NumberText.roughDuration(rest)) to go" : ""))
  }
}
