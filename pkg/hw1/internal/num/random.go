package num

// The streams keep the random numbers of one seed's uses apart.
const (
	StreamInit uint64 = iota + 1
	StreamShuffle
	StreamDropout
	StreamNoise
	StreamStart
	StreamNeighbours
	StreamWalk
	StreamPlane
	streamBootstrap
	StreamFeatures
	StreamBend
	streamLanczos
)
