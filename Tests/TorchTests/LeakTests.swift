import Foundation
import Testing
import Torch

@Suite struct LeakTests {
  @Test func tenThousandOperationsLeaveNoHandleBehind() throws {
    let tensor = try Tensor([1, 2, 3] as [Float])
    let before = try Library.liveHandleCount()
    for _ in 0..<10_000 { _ = try tensor.add(tensor).multiply(by: 2) }
    let after = try Library.liveHandleCount()
    // Other tests of this process hold a few tensors at a time; a leak here would leave 20,000.
    #expect(after - before < 1000, "\(before) handles before, \(after) after")
  }
}
