// A server for the tests that speaks MongoDB's wire protocol: FerretDB on SQLite.
//
// Usage: ferretdb-for-tests [ADDRESS]
//
// Listens on ADDRESS (any free port of the loopback interface where none is given), prints its URI as
// one line, and ends when its standard input does: so it never outlives the test that started it. Its
// data is in a folder that it makes and deletes.
//
// FerretDB 1.x reads, changes and writes back a document in separate steps, so that two updates at
// once can both match what only one of them may. MongoDB promises that they cannot. Therefore what
// listens is a proxy that lets one request through at a time.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// The most that a wire message may have, in bytes.
const maxMessage = 48_000_000

func main() {
	address := "127.0.0.1:0"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	directory, err := os.MkdirTemp("", "ferretdb")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(directory)
	socket := filepath.Join(directory, "socket")
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{Unix: socket},
		Handler:   "sqlite",
		SQLiteURL: "file:" + directory + "/",
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	done := make(chan error)
	go func() { done <- server.Run(ctx) }()
	server.MongoDBURI() // Waits until it listens.
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	go accept(listener, socket)
	fmt.Printf("mongodb://%s/\n", listener.Addr())
	if err := <-done; err != nil {
		log.Print(err)
	}
}

// accept connects each client with the server.
func accept(listener net.Listener, socket string) {
	var one sync.Mutex
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("unix", socket)
			if err != nil {
				log.Print(err)
				return
			}
			defer server.Close()
			for serve(client, server, &one) == nil {
			}
		}()
	}
}

// serve passes one request on, and its answer back, while no other connection does.
func serve(client, server net.Conn, one *sync.Mutex) error {
	request, err := message(client)
	if err != nil {
		return err
	}
	answer, err := func() ([]byte, error) {
		one.Lock()
		defer one.Unlock()
		if _, err := server.Write(request); err != nil {
			return nil, err
		}
		return message(server)
	}()
	if err != nil {
		return err
	}
	_, err = client.Write(answer)
	return err
}

// message reads one message. Its length is in its first four bytes.
func message(from io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(head)
	if length < 16 || length > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes", length)
	}
	whole := make([]byte, length)
	copy(whole, head)
	_, err := io.ReadFull(from, whole[4:])
	return whole, err
}
