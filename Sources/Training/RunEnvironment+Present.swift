import Checkpoints
import Torch

extension RunEnvironment {
  /// That of this process, computing on a device.
  public static func present(_ device: Device) -> RunEnvironment {
    RunEnvironment(
      device: device.name, libtorch: try? Library.version(), threads: try? Library.threadCount(),
      cpuCapability: try? Library.cpuCapability(), lethe: FileFormat.letheVersion, arithmetic: device.arithmetic)
  }
}
