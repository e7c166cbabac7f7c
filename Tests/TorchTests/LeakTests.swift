import Foundation
import Testing
import Torch

/// Every handle is released once: by what is dropped, by errors, and by what an operator gives in lists.
@Suite(.serialized) struct LeakTests {
  /// Runs `body` often; every leak of its would be seen. Other tests of this process hold some tensors at a time.
  private func expectNoLeak(
    runs: Int = 10_000, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) throws {
    let before = try Library.liveHandleCount()
    for _ in 0..<runs { try body() }
    let after = try Library.liveHandleCount()
    #expect(after - before < 2000, "\(before) handles before, \(after) after", sourceLocation: sourceLocation)
  }

  @Test func tenThousandOperationsLeaveNoHandleBehind() throws {
    let tensor = try Tensor([1, 2, 3] as [Float])
    try expectNoLeak { _ = try tensor.add(tensor).multiply(by: 2) }
  }

  @Test func viewsAndListsAreReleased() throws {
    let tensor = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    let unbind = try Operator("aten::unbind", overload: "int")
    try expectNoLeak {
      _ = try tensor.transposed().reshaped([4]).narrowed(from: 1, count: 2)
      _ = try unbind([.tensor(tensor), .int(0)])
    }
  }

  @Test func gradientsAreReleased() throws {
    let weight = try Tensor([1, 2] as [Float])
    try weight.setRequiresGradient(true)
    try expectNoLeak(runs: 4000) {
      let loss = try weight.squared().sum()
      _ = try loss.gradients(of: [weight], keepsGraph: true)
      try loss.backward()
      _ = try weight.gradient()
      try weight.clearGradient()
    }
  }

  @Test func whatAnErrorInterruptsIsReleased() throws {
    let tensor = try Tensor([1, 2] as [Float])
    try expectNoLeak(runs: 4000) {
      _ = try? tensor.multiply(by: 2).reshaped([3])
      _ = try? Tensor.zeros([2]).add(try Tensor.zeros([3]))
    }
  }

  @Test func generatorsAndTheirStatesAreReleased() throws {
    try expectNoLeak(runs: 4000) { _ = try Generator(seed: 1).state() }
  }

  @Test func aHandleIsCountedWhileItIsHeld() throws {
    // So that the tests above can fail: what is held is more than the others hold.
    let before = try Library.liveHandleCount()
    let held = try (0..<8000).map { _ in try Tensor([1] as [Float]) }
    #expect(try Library.liveHandleCount() - before > 4000)
    #expect(held.count == 8000)
  }
}
