import Foundation
import TestSupport
import Testing

/// The tests of tensors that need a GPU, in a process of their own with the device that stands in for one.
@Suite(.serialized, .enabled(if: TestDevice.isUsable)) struct DeviceLibraryTests {
  @Test func testsThatNeedAGPURunOnIt() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--testing-library", "swift-testing", "--filter", "TorchTests.(GPU|Device|Tensor)Tests"]
    process.environment = try ProcessInfo.processInfo.environment.merging(TestDevice().environment()) { $1 }
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
    let passed = try #require(said.firstMatch(of: /Test run with (\d+) tests? .*passed/), "\(said)")
    #expect(Int(passed.1) ?? 0 >= 10, "\(said)")
  }
}
